package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ScheduleTest {

  private static final Set<FaultKind> ALL = EnumSet.allOf(FaultKind.class);

  @Test
  void a_schedule_is_read_back_from_what_it_printed() {
    Schedule schedule = Schedule.of(-17, 5_000);

    assertThat(Schedule.parse(schedule.toString())).isEqualTo(schedule);
    Schedule smallest = Schedule.of(Long.MIN_VALUE, Schedule.LEAST_EVENTS);
    assertThat(Schedule.parse(smallest.toString())).isEqualTo(smallest);
    Schedule largest = Schedule.of(Long.MAX_VALUE, Integer.MAX_VALUE);
    assertThat(Schedule.parse(largest.toString())).isEqualTo(largest);
    assertThat(Schedule.parse("# why\n\n" + schedule + "# end\n")).isEqualTo(schedule);
  }

  @Test
  void a_seed_makes_one_schedule_and_another_seed_another() {
    assertThat(Schedule.of(5, 5_000)).isEqualTo(Schedule.of(5, 5_000));
    assertThat(Schedule.of(5, 5_000).steps()).isNotEqualTo(Schedule.of(6, 5_000).steps());
  }

  @Test
  void every_schedule_has_every_kind_of_fault_while_events_are_still_written() {
    for (long seed = 0; seed < 100; seed++) {
      Schedule schedule = Schedule.of(seed, 5_000);

      assertThat(schedule.steps().stream().map(Step::kind).collect(Collectors.toSet()))
          .isEqualTo(ALL)
          .hasSizeGreaterThanOrEqualTo(8);
      assertThat(schedule.steps())
          .allSatisfy(step -> assertThat(step.afterEvents()).isBetween(1, 4_999));
    }
  }

  @Test
  void what_is_left_of_a_schedule_without_some_kinds_is_as_it_was() {
    Schedule whole = Schedule.of(3, 5_000);
    Schedule part = whole.only(EnumSet.complementOf(EnumSet.of(FaultKind.DISK_FULL)));

    assertThat(part.steps())
        .hasSize(whole.steps().size() - 1)
        .isSubsetOf(whole.steps())
        .noneMatch(step -> step.kind() == FaultKind.DISK_FULL);
    assertThat(whole.only(ALL)).isEqualTo(whole);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "seed 1, 0 events | expected 1 to 2147483647, found 0",
        "seed 1, 2147483648 events | expected 1 to 2147483647, found 2147483648",
        "seed 9223372036854775808, 5 events | found 9223372036854775808",
        "seed 1, 9 events;after 0 events: kill redis for 1 ms | expected 1 to 2147483647, found 0",
        "seed 1, 9 events;after 10 events: kill redis for 1 ms | expected after 1 to 9 events",
        "seed 1, 9 events;after 5 events: kill redis for 1 ms;after 5 events: cut cache for 1 ms | 6 to 9",
        "seed 1, 9 events;after 5 events: trip redis for 1 ms | there is no fault 'trip': use one of kill, zombie"
      })
  void what_is_out_of_bounds_is_named(String lines, String named) {
    assertThatThrownBy(() -> Schedule.parse(lines.replace(';', '\n')))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(named);
  }

  @Test
  void too_few_events_for_the_steps_make_no_schedule() {
    int least = Schedule.LEAST_EVENTS;
    assertThat(Schedule.of(1, least).steps()).hasSize(15);
    assertThatThrownBy(() -> Schedule.of(1, least - 1))
        .hasMessage("events: expected at least 800, found 799");
  }

  @Test
  void a_step_checks_its_bounds() {
    assertThatThrownBy(() -> new Step(0, FaultKind.KILL, "redis", Duration.ZERO))
        .hasMessageContaining("at least 1 event, found 0");
    assertThatThrownBy(() -> new Step(1, FaultKind.KILL, "redis", Duration.ofMillis(-1)))
        .hasMessageContaining("0 ms or longer, found -1 ms");
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
