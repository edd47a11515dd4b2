package dev.driftless.bench.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FaultsReportTest {

  private static final FaultsPlan PLAN = new FaultsPlan(10, 0.1, 1, 7);
  private static final Tally CLEAN = new Tally(0, 0, 0, 0, 0, 0, 0, 3);
  private static final Tally LOST = new Tally(0, 0, 0, 0, 0, 1, 0, 0);

  @Test
  void only_driftless_is_to_come_out_clean() {
    assertThat(exitCode(Way.DRIFTLESS, 8, CLEAN, Duration.ZERO)).isZero();
    assertThat(exitCode(Way.DRIFTLESS, 8, LOST, Duration.ZERO)).isEqualTo(1);
    assertThat(exitCode(Way.DRIFTLESS, 8, CLEAN, null)).isEqualTo(1);
    assertThat(exitCode(Way.NAIVE, 8, LOST, null)).isZero();
  }

  @Test
  void nothing_acknowledged_or_an_action_without_an_outcome_is_not_clean() {
    assertThat(result(0, 9)).isEqualTo(1);
    assertThat(result(6, 2)).isEqualTo(1);
    assertThat(result(1, 8)).isZero();
  }

  @Test
  void a_way_that_broke_off_is_neither_clean_nor_a_finding() {
    assertThat(new FaultsReport(PLAN, List.of(), "saga: Redis is gone").exitCode()).isEqualTo(2);
  }

  @Test
  void logs_of_agent_and_projectors_are_kept(@TempDir Path logs) throws Exception {
    for (String name : List.of("agent-naive.log", "projectors.log.old", "kafka.log")) {
      Files.writeString(logs.resolve(name), name);
    }

    Path kept = FaultExperiment.keepLogs(logs);

    assertThat(kept)
        .isDirectoryNotContaining("glob:**kafka.log")
        .isDirectoryContaining("glob:**agent-naive.log");
    assertThat(kept.resolve("projectors.log.old")).hasContent("projectors.log.old");
    Utils.delete(kept.toFile());
  }

  private static int result(int acknowledged, int refused) {
    return exitCode(Way.DRIFTLESS, acknowledged, refused, CLEAN, Duration.ZERO);
  }

  private static int exitCode(
      Way way, int acknowledged, Tally tally, @Nullable Duration consistentAfter) {
    return exitCode(way, acknowledged, 9 - acknowledged, tally, consistentAfter);
  }

  private static int exitCode(
      Way way, int acknowledged, int refused, Tally tally, @Nullable Duration consistentAfter) {
    WayResult result =
        new WayResult(
            way, acknowledged, refused, 1, 1, 1, Duration.ZERO, tally, consistentAfter, List.of());
    return new FaultsReport(PLAN, List.of(result), null).exitCode();
  }
}
