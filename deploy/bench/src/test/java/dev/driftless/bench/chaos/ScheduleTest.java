package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class ScheduleTest {

  private static final Set<FaultKind> ALL = EnumSet.allOf(FaultKind.class);

  @Test
  void a_schedule_is_read_back_from_what_it_printed() {
    Schedule schedule = Schedule.of(-17, 5_000, ALL);

    assertThat(Schedule.parse(schedule.toString())).isEqualTo(schedule);
    assertThat(Schedule.parse("# why\n\n" + schedule + "# end\n")).isEqualTo(schedule);
  }

  @Test
  void a_seed_makes_one_schedule_and_another_seed_another() {
    assertThat(Schedule.of(5, 5_000, ALL)).isEqualTo(Schedule.of(5, 5_000, ALL));
    assertThat(Schedule.of(5, 5_000, ALL).steps()).isNotEqualTo(Schedule.of(6, 5_000, ALL).steps());
  }

  @Test
  void every_schedule_has_every_kind_of_fault_while_events_are_still_written() {
    for (long seed = 0; seed < 100; seed++) {
      Schedule schedule = Schedule.of(seed, 5_000, ALL);

      assertThat(schedule.steps().stream().map(Step::kind).collect(Collectors.toSet()))
          .isEqualTo(ALL)
          .hasSizeGreaterThanOrEqualTo(8);
      assertThat(schedule.steps())
          .allSatisfy(step -> assertThat(step.afterEvents()).isBetween(1, 4_999));
    }
  }

  @Test
  void a_line_that_is_no_step_is_named() {
    assertThatThrownBy(() -> Schedule.parse("seed 1, 10 events\nafter 5 events: kill redis"))
        .hasMessageContaining("'after 5 events: kill redis'");
    assertThatThrownBy(
            () -> Schedule.parse("seed 1, 10 events\nafter 5 events: zombie redis for 1 ms"))
        .hasMessageContaining("zombie redis: expected one of [projector]");
    assertThatThrownBy(() -> Schedule.parse("after 5 events: kill redis for 1 ms"))
        .hasMessageContaining("begins with a line");
  }
}
