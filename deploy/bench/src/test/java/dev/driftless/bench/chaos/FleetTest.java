package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the next start would hide is told. */
final class FleetTest {

  @TempDir private Path directory = Path.of("");

  @Test
  void a_process_that_ended_by_itself_is_told() {
    try (Fleet fleet = fleet()) {
      fleet.start();

      Awaitility.await()
          .atMost(1, TimeUnit.MINUTES)
          .untilAsserted(
              () ->
                  assertThatThrownBy(fleet::mustBeWell)
                      .hasMessage("ended by itself: look at [projectors-1.log]"));
    }
  }

  @Test
  void a_thread_that_failed_is_told() throws IOException {
    try (Fleet fleet = fleet()) {
      fleet.scale(0);
      Files.writeString(
          directory.resolve("logs/projectors-2.log"), "view=cache a stream thread failed\n");

      assertThatThrownBy(fleet::mustBeWell)
          .hasMessage("a stream thread failed: view=cache a stream thread failed");
    }
  }

  private Fleet fleet() {
    return new Fleet("", Map.of(), directory, directory.resolve("logs"));
  }
}
