package dev.driftless.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.bench.chaos.ChaosReport;
import dev.driftless.bench.chaos.Schedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ChaosCommandTest {

  private static final Path LOGS = Path.of("logs");

  @Test
  void programs_are_told_why_a_run_was_not_finished_and_where_its_logs_are() {
    assertThat(ChaosCommand.json(report("Kafka is gone")))
        .containsEntry("clean", false)
        .containsEntry("problem", "Kafka is gone")
        .containsEntry("logs", "logs")
        .containsEntry("compared", false)
        .containsEntry("checks", 7)
        .containsEntry("took", Duration.ofSeconds(60));
    assertThat(ChaosCommand.json(report(null)))
        .containsEntry("clean", true)
        .containsEntry("problem", null)
        .containsEntry("logs", null);
  }

  @Test
  void a_run_that_was_not_clean_is_told_with_the_schedule_that_repeats_it() {
    List<String> told = ChaosCommand.told(report("Kafka is gone"));
    assertThat(told)
        .startsWith("Kafka is gone", "# logs: logs")
        .last()
        .satisfies(
            schedule -> assertThat(Schedule.parse(schedule)).isEqualTo(report(null).schedule()));
  }

  @Test
  void a_file_that_holds_no_schedule_is_refused(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("schedule"), "seed 1, 9 events\nboom");

    Run run = Run.of(Driftless.commandLine(Map.of()), "chaos", "--schedule", file.toString());

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--schedule: 'boom': expected a line like");
  }

  @Test
  void what_did_not_run_is_no_finding() {
    Run run = Run.of(Driftless.commandLine(Map.of()), "chaos", "--schedule", "/nowhere/at/all");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("/nowhere/at/all: no such file");
  }

  private static ChaosReport report(@Nullable String problem) {
    Duration minute = Duration.ofSeconds(60);
    return new ChaosReport(
        new Schedule(1, 100, List.of()),
        100,
        problem == null,
        List.of(),
        List.of(),
        List.of(),
        7,
        0,
        minute,
        minute,
        problem,
        LOGS);
  }
}
