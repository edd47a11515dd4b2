package dev.driftless.reconciler;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Inspector;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a view held before it was repaired, so that nothing is lost by a repair: a file of JSON
 * lines, one for each row, {@code {view, key, row}}. Holds the text of memories; only its owner may
 * read it.
 */
final class Export {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS").withZone(ZoneOffset.UTC);

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  private final Path directory;

  Export(Path directory) {
    this.directory = directory;
  }

  /** Answers the file; null if the view holds nothing of these entities. */
  @Nullable Path write(Inspector view, Collection<Entity> entities) {
    Path file = directory.resolve("%s-%s.jsonl".formatted(TIME.format(Instant.now()), view.view()));
    long rows = 0;
    try {
      Files.createDirectories(directory);
      Files.createFile(file, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
      try (Writer out = Files.newBufferedWriter(file)) {
        for (Entity entity : entities) {
          List<String> contents = view.contents(entity);
          rows += contents.size();
          for (String row : contents) {
            out.write(line(view.view(), entity, row));
          }
        }
      }
      if (rows > 0) {
        return file;
      }
      Files.delete(file);
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String line(String view, Entity entity, String row) throws IOException {
    ObjectNode line = JSON.createObjectNode().put("view", view).put("key", entity.toString());
    line.set("row", JSON.readTree(row));
    return JSON.writeValueAsString(line) + "\n";
  }
}
