package dev.driftless.bench.chaos;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;

/**
 * Something that keeps a view right, and how to take it out.
 *
 * @param store whose guard it is
 * @param schedule the file of the schedule that must fail without it
 * @param mayStick whether without it a view may also never hold the whole log, or never be taken
 *     over, and nothing else
 * @param file where it stands, below {@code projectors/src/main}
 * @param text that makes it, once in the file
 * @param without what to put in its place
 */
record Guard(
    String store,
    String name,
    String schedule,
    boolean mayStick,
    String file,
    String text,
    String without) {

  private static final Path SOURCES =
      Path.of(System.getProperty("basedir", ".")).resolve("../../projectors/src/main");

  /** Those of {@code guards.txt}. */
  static List<Guard> all() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(resource("guards.txt"), StandardCharsets.UTF_8))) {
      return lines.lines().filter(l -> !l.isBlank() && !l.startsWith("#")).map(Guard::of).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Guard of(String line) {
    String[] parts = line.split(" \\| ", 7);
    boolean mayStick = parts[3].equals("stuck");
    if (!mayStick && !parts[3].equals("wrong")) {
      throw new IllegalArgumentException(line + ": expected 'wrong' or 'stuck'");
    }
    return new Guard(parts[0], parts[1], parts[2], mayStick, parts[4], parts[5], parts[6]);
  }

  /** What exposes it. */
  Schedule aimed() throws IOException {
    try (InputStream in = resource(schedule + ".txt")) {
      return Schedule.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  /** Writes the one class or script without it; put the directory before the class path. */
  void takeOut(Path directory) throws IOException {
    Path source = SOURCES.resolve(file);
    String whole = Files.readString(source);
    if (whole.split(Pattern.quote(text), -1).length != 2) {
      throw new IllegalStateException("%s: not once in %s: '%s'".formatted(this, file, text));
    }
    Path path = Path.of(file);
    Path changed = directory.resolve(path.subpath(1, path.getNameCount()));
    Files.createDirectories(changed.getParent());
    Files.writeString(changed, whole.replace(text, without));
    if (file.endsWith(".java")) {
      compile(changed, directory);
    }
  }

  private void compile(Path source, Path directory) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    String classPath = System.getProperty("java.class.path");
    int result =
        compiler.run(
            null,
            null,
            null,
            "-nowarn",
            "-d",
            directory.toString(),
            "-cp",
            classPath,
            source.toString());
    if (result != 0) {
      throw new IllegalStateException(this + ": does not compile without it");
    }
  }

  private static InputStream resource(String name) {
    return Objects.requireNonNull(Guard.class.getResourceAsStream(name), name);
  }

  @Override
  public String toString() {
    return store + ": " + name;
  }
}
