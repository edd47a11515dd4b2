package dev.driftless.reconciler.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.reconciler.service.Trend.Point;
import dev.driftless.reconciler.service.Trend.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TrendTest {

  private static final Instant NOW = Instant.parse("2026-05-01T15:00:00Z");

  @TempDir private Path directory;

  @Test
  void samples_outlive_the_process_also_where_a_line_was_cut() throws IOException {
    Path file = directory.resolve("history.jsonl");
    Sample first = sample(NOW.minusSeconds(120));
    Sample second =
        new Sample(
            NOW.minusSeconds(60).getEpochSecond(),
            Map.of("cache", new Point(null, null, null, 3, 1)));
    Trend before = Trend.open(file, NOW);
    before.add(first);
    before.add(second);
    Files.writeString(file, "{\"at\":17776", StandardOpenOption.APPEND);

    assertThat(Trend.open(file, NOW).samples()).containsExactly(first, second);
  }

  @Test
  void a_day_is_kept_and_no_more() throws IOException {
    Path file = directory.resolve("history.jsonl");
    Trend trend = Trend.open(file, NOW);
    for (int minute = 0; minute < 4_000; minute++) {
      trend.add(sample(NOW.plus(Duration.ofMinutes(minute))));
    }
    assertThat(trend.samples()).hasSize(1_441);
    assertThat(Files.readAllLines(file)).hasSizeLessThan(3_000);
    assertThat(Trend.open(file, NOW.plus(Duration.ofDays(9))).samples()).isEmpty();
  }

  @Test
  void a_minute_lies_between_two_samples() {
    Trend trend = Trend.open(directory.resolve("history.jsonl"), NOW);
    assertThat(trend.isDue(NOW)).isTrue();
    trend.add(sample(NOW));
    assertThat(trend.isDue(NOW.plusSeconds(59))).isFalse();
    assertThat(trend.isDue(NOW.plusSeconds(60))).isTrue();
  }

  private static Sample sample(Instant at) {
    return new Sample(at.getEpochSecond(), Map.of("cache", new Point(5L, 0.5, 10L, 0, 0)));
  }
}
