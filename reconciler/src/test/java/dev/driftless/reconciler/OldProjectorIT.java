package dev.driftless.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The producer was upgraded first: projectors meet a type of event that is newer than they are. */
final class OldProjectorIT {

  private static final Path DECODER =
      Path.of(System.getProperty("basedir", "."))
          .resolve("../schemas/src/main/java/dev/driftless/schemas/EventDecoder.java");

  private static final List<String> KEPT = List.of("relational", "cache");

  @Test
  void an_event_of_a_newer_type_is_set_aside_and_applied_after_the_upgrade(@TempDir Path old)
      throws Exception {
    forgetTheRevised(old);
    try (KeptViews views = new KeptViews();
        Stores stores = new Stores(views)) {
      Process projectors = start(views, old + File.pathSeparator);
      try {
        views.publish(
            List.of(
                Events.recorded("mia", "m1", "before"),
                Events.revised("mia", "m1", "revised"),
                Events.recorded("mia", "m2", "after")));
        views.awaitCaughtUp(KEPT.toArray(String[]::new));
        for (String view : KEPT) {
          assertThat(views.letters(view))
              .as(view)
              .singleElement()
              .satisfies(
                  letter ->
                      assertThat(letter.reason())
                          .contains("dev.driftless.events.MemoryRevised is not known"));
        }
        assertThat(texts(stores)).containsExactly("before", "after");

        stop(projectors);
        projectors = start(views, "");
        try (Reconciler reconciler = views.reconciler("new")) {
          for (String view : KEPT) {
            RepairReport report = reconciler.retry(view, views.letters(view), views.limits(100));
            assertThat(report.left()).as(view).isEmpty();
          }
          assertThat(reconciler.check(KEPT, true).exitCode()).isZero();
        }
        assertThat(texts(stores)).containsExactly("revised", "after");
        assertThat(stores.redis().hget(stores.key("mia", "memory:m1"), "text"))
            .isEqualTo("revised");
      } finally {
        stop(projectors);
      }
    }
  }

  private static List<String> texts(Stores stores) {
    return stores.query("SELECT text FROM R.memories ORDER BY memory_id");
  }

  /** Compiles a decoder to which one type of event is as unknown as one that does not exist yet. */
  private static void forgetTheRevised(Path directory) throws IOException {
    String known = "event.getPayload() instanceof SpecificRecord)";
    String source = Files.readString(DECODER);
    assertThat(source).containsOnlyOnce(known);
    Path changed =
        Files.createDirectories(directory.resolve("source")).resolve("EventDecoder.java");
    Files.writeString(
        changed,
        source.replace(
            known, known + " || event.getPayload() instanceof dev.driftless.events.MemoryRevised"));
    int result =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-nowarn",
                "-d",
                directory.toString(),
                "-cp",
                System.getProperty("java.class.path"),
                changed.toString());
    assertThat(result).isZero();
  }

  private static Process start(KeptViews views, String before) throws IOException {
    String[] kept = KEPT.stream().flatMap(view -> Stream.of("--view", view)).toArray(String[]::new);
    return ProjectorProcess.start(before, views.variables(), views.directory(), kept);
  }

  private static void stop(Process process) throws InterruptedException {
    process.destroy();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
