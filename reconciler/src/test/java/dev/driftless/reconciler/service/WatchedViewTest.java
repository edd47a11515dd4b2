package dev.driftless.reconciler.service;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.reconciler.service.ReconcilerConfig.LagLimit;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class WatchedViewTest {

  private static final Instant START = Instant.parse("2026-05-01T15:00:00Z");

  private final WatchedView view =
      new WatchedView(
          "vector", new LagLimit(500L, Duration.ofSeconds(40)), Duration.ofSeconds(60), START);

  WatchedViewTest() {
    view.checked(new Checked(START, Reports.clean("vector", 10)));
  }

  @Test
  void a_view_that_gets_on_is_well_however_long_it_has_events_to_apply() {
    for (int second = 0; second <= 300; second += 30) {
      view.lag(Reports.lag("vector", 10 + second, 350), false, START.plusSeconds(second));
      assertThat(view.state(START.plusSeconds(second))).isEqualTo(ViewState.OK);
    }
  }

  @Test
  void a_view_whose_position_does_not_move_while_it_has_events_to_apply_is_stuck() {
    view.lag(Reports.lag("vector", 10, 12), false, START);
    view.lag(Reports.lag("vector", 10, 12), false, START.plusSeconds(59));
    assertThat(view.state(START.plusSeconds(59))).isEqualTo(ViewState.OK);
    view.lag(Reports.lag("vector", 10, 12), false, START.plusSeconds(61));
    assertThat(view.state(START.plusSeconds(61))).isEqualTo(ViewState.STUCK);
    view.lag(Reports.lag("vector", 11, 12), false, START.plusSeconds(62));
    assertThat(view.state(START.plusSeconds(62))).isEqualTo(ViewState.OK);
  }

  @Test
  void a_view_that_has_nothing_to_apply_is_not_stuck() {
    view.lag(Reports.lag("vector", 10, 10), false, START);
    view.lag(Reports.lag("vector", 10, 10), false, START.plusSeconds(600));
    view.lag(Reports.lag("vector", 10, 11), false, START.plusSeconds(610));
    assertThat(view.state(START.plusSeconds(610))).isEqualTo(ViewState.OK);
  }

  @Test
  void a_paused_view_is_paused_and_gets_its_time_when_it_goes_on() {
    view.lag(Reports.lag("vector", 10, 900), true, START);
    view.lag(Reports.lag("vector", 10, 900), true, START.plusSeconds(600));
    assertThat(view.state(START.plusSeconds(600))).isEqualTo(ViewState.PAUSED);
    view.lag(Reports.lag("vector", 10, 12), false, START.plusSeconds(605));
    assertThat(view.state(START.plusSeconds(605))).isEqualTo(ViewState.OK);
  }

  @Test
  void a_view_above_a_threshold_is_behind() {
    view.lag(Reports.lag("vector", 10, 400), false, START);
    assertThat(view.state(START)).isEqualTo(ViewState.OK);
    view.lag(Reports.lag("vector", 10, 411), false, START);
    assertThat(view.reasons(START)).containsOnlyKeys(ViewState.BEHIND);
  }

  @Test
  void a_position_that_went_back_is_told_until_it_is_regained() {
    view.lag(Reports.lag("vector", 100, 100), false, START);
    view.lag(Reports.lag("vector", 40, 100), false, START.plusSeconds(5));
    assertThat(view.reasons(START.plusSeconds(5)).get(ViewState.BEHIND)).contains("went back");
    view.lag(Reports.lag("vector", 100, 100), false, START.plusSeconds(10));
    assertThat(view.reasons(START.plusSeconds(10))).isEmpty();
  }

  @Test
  void a_store_that_does_not_answer_is_away_after_a_while() {
    view.lag(Reports.lag("vector", 10, 10), false, START);
    view.lag(Reports.away("vector"), false, START.plusSeconds(50));
    assertThat(view.state(START.plusSeconds(50))).isEqualTo(ViewState.OK);
    view.lag(Reports.away("vector"), false, START.plusSeconds(70));
    assertThat(view.reasons(START.plusSeconds(70)).get(ViewState.AWAY)).contains("refused");
  }

  @Test
  void the_last_check_decides_and_a_divergence_counts_once() {
    assertThat(view.checked(new Checked(START, Reports.missing("vector", 10, "m1")))).isEqualTo(1);
    assertThat(view.state(START)).isEqualTo(ViewState.DIVERGED);
    assertThat(view.checked(new Checked(START, Reports.missing("vector", 10, "m1", "m2"))))
        .isEqualTo(1);
    view.checked(new Checked(START, Reports.unknown("vector", "away")));
    assertThat(view.state(START)).isEqualTo(ViewState.UNKNOWN);
    view.checked(new Checked(START, Reports.clean("vector", 10)));
    assertThat(view.state(START)).isEqualTo(ViewState.OK);
    assertThat(view.found()).isEqualTo(2);
  }
}
