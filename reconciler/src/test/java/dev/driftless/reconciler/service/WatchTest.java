package dev.driftless.reconciler.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.projectors.app.Views;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WatchTest {

  private static final Instant START = Instant.parse("2026-05-01T15:00:00Z");

  @Test
  void no_view_is_ready_once_its_lag_has_long_not_been_known(@TempDir Path directory) {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    Watch watch =
        new Watch(
            ReconcilerConfig.load(null, Map.of("DRIFTLESS_STATE", directory.toString())::get),
            new ReconcilerMeters(meters),
            Trend.open(directory.resolve("history.jsonl"), START),
            START);
    for (String view : Views.names()) {
      watch.checked(Reports.clean(view, 10), START);
    }
    watch.lags(
        Views.names().stream().map(view -> Reports.lag(view, 10, 10)).toList(), Set.of(), START);
    assertReady(meters, watch, START, true);
    Instant later = START.plus(Duration.ofMinutes(2));
    watch.lagUnknown("no broker answers", later);
    assertReady(meters, watch, later, false);
  }

  private static void assertReady(
      SimpleMeterRegistry meters, Watch watch, Instant now, boolean isReady) {
    assertThat(watch.isReady(now)).isEqualTo(isReady);
    assertThat(meters.get("driftless.ready").gauges())
        .hasSize(Views.names().size())
        .allSatisfy(gauge -> assertThat(gauge.value()).isEqualTo(isReady ? 1 : 0));
  }
}
