package dev.driftless.bench.performance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.bench.performance.Comparison.Bound;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ComparisonTest {

  @Test
  void a_ratio_is_the_median_of_the_rounds_own_ratios() {
    // the machine was busy in the second round: both were slow
    Comparison comparison = compare(List.of(50.0, 5.0, 60.0), List.of(100.0, 10.0, 100.0), null);
    assertThat(comparison.ratio()).isEqualTo(0.5);
    assertThat(comparison.value()).isEqualTo(50);
    assertThat(comparison.other()).isEqualTo(100);
    assertThat(comparison.holds()).isNull();
  }

  @Test
  void an_even_number_of_rounds_has_the_middle_of_the_middle_two() {
    assertThat(compare(List.of(1.0, 4.0, 2.0, 3.0), List.of(), null).value()).isEqualTo(2.5);
  }

  @Test
  void a_bound_is_kept_at_its_edge() {
    List<Double> six = List.of(6.0);
    List<Double> ten = List.of(10.0);
    assertThat(compare(six, ten, Bound.atLeast(0.6)).holds()).isTrue();
    assertThat(compare(six, ten, Bound.atLeast(0.61)).holds()).isFalse();
    assertThat(compare(six, ten, Bound.atMost(0.6)).holds()).isTrue();
    assertThat(compare(six, ten, Bound.atMost(0.59)).holds()).isFalse();
    assertThat(compare(six, ten, new Bound(0.5, 0.7)).holds()).isTrue();
    assertThat(compare(six, ten, new Bound(0.7, 0.8)).holds()).isFalse();
  }

  @Test
  void a_bound_of_what_stands_alone_is_of_the_figure_itself() {
    List<Double> power = List.of(0.9, 1.0, 2.0);
    assertThat(compare(power, List.of(), new Bound(0.95, 1.1)).holds()).isTrue();
    assertThat(compare(power, List.of(), Bound.atMost(0.95)).holds()).isFalse();
  }

  @Test
  void rounds_that_do_not_belong_together_are_refused() {
    assertThatThrownBy(() -> compare(List.of(1.0), List.of(1.0, 2.0), null))
        .hasMessageContaining("1 rounds beside 2");
    assertThatThrownBy(() -> compare(List.of(), List.of(), null))
        .hasMessageContaining("nothing was measured");
  }

  private static Comparison compare(
      List<Double> measured, List<Double> others, @Nullable Bound bound) {
    return new Comparison("part", "ours", "events/s", measured, "theirs", others, bound);
  }
}
