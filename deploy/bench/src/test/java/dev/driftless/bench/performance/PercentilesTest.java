package dev.driftless.bench.performance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class PercentilesTest {

  @Test
  void a_percentile_is_one_of_the_values() {
    Percentiles hundred =
        Percentiles.of(LongStream.rangeClosed(1, 100).mapToObj(ms -> ms * 1_000_000).toList());
    assertThat(hundred.millis(50)).isEqualTo(50);
    assertThat(hundred.millis(99)).isEqualTo(99);
    assertThat(hundred.millis(100)).isEqualTo(100);
    assertThat(Percentiles.of(List.of(7_000_000L)).millis(99)).isEqualTo(7);
  }

  @Test
  void of_sums_each_value_is_with_one_of_the_others() {
    Percentiles sums =
        Percentiles.ofSums(List.of(1_000_000L, 1_000_000L), List.of(10_000_000L, 20_000_000L));
    assertThat(sums.millis(50)).isEqualTo(11);
    assertThat(sums.millis(100)).isEqualTo(21);
  }

  @Test
  void of_nothing_there_is_none() {
    assertThatThrownBy(() -> Percentiles.of(List.of())).hasMessageContaining("nothing");
  }
}
