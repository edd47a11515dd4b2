package dev.driftless.producer.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.driftless.events.MemoryEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a process does that loses its session in a saga, and what its events do to the next one. */
final class LateOutcomesTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  private final FakeLog log = new FakeLog();

  /** What the world saw. */
  private final List<String> done = new ArrayList<>();

  @Test
  void a_step_that_is_completed_after_it_was_undone_is_undone_by_the_next_run_and_only_once() {
    crashIn("hotel");
    Saga saga = Saga.of("trip", step("flight"), step("hotel"));
    failure(saga);
    done.clear();

    late(events("hotel").completed("R-late"));
    failure(saga);
    failure(saga);
    assertThat(done).containsExactly("undo hotel");
  }

  @Test
  void a_step_that_is_failed_after_it_was_completed_has_happened() {
    crashIn("hotel");
    late(events("flight").failed("no answer in time"));

    Saga saga = Saga.of("trip", step("flight"), step("hotel").repeatable());
    assertThat(run(saga)).containsEntry("flight", "R-flight");
    assertThat(done).containsExactly("hotel");
  }

  @Test
  void a_step_that_is_failed_after_it_was_completed_is_undone_and_its_result_known() {
    crashIn("hotel");
    late(events("flight").failed("no answer in time"));
    List<String> given = new ArrayList<>();
    SagaStep flight =
        step("flight")
            .undoneBy(
                call -> {
                  given.add(call.result() + " " + call.status());
                  return "cancelled";
                });

    assertThat(failure(Saga.of("trip", flight, step("hotel"))).undone())
        .containsExactly("hotel", "flight");
    assertThat(given).containsExactly("R-flight COMPLETED");
  }

  @Test
  void a_step_that_is_run_again_is_open_again_whatever_was_recorded_meanwhile() {
    crashIn("hotel");
    SagaStep again = crashing("hotel").checkedBy(call -> meanwhile(events("hotel").failed("no")));
    assertThatThrownBy(() -> run(Saga.of("trip", step("flight"), again))).isInstanceOf(Crash.class);

    SagaStep found = step("hotel").checkedBy(call -> Optional.of("R-hotel"));
    assertThat(run(Saga.of("trip", step("flight"), found))).containsEntry("hotel", "R-hotel");
  }

  @Test
  void a_step_that_is_run_again_is_completed_whatever_was_recorded_meanwhile() {
    crashIn("hotel");
    SagaStep again =
        step("hotel").checkedBy(call -> meanwhile(events("hotel").completed("R-late")));
    run(Saga.of("trip", step("flight"), again));

    SagaStep asked =
        step("hotel")
            .checkedBy(
                call -> {
                  throw new IOException("nothing to ask for");
                });
    assertThat(run(Saga.of("trip", step("flight"), asked))).containsEntry("hotel", "R-hotel");
    assertThat(done).containsExactly("hotel");
  }

  @Test
  void a_saga_that_is_begun_late_by_another_process_stays_what_it_is() {
    ToolCall self = ToolCall.intended("trip", Saga.TOOL, "[\"flight\"]", "booker");
    Saga saga = Saga.of("trip", step("flight"));
    run(saga);

    late(CallEvents.ofSaga(FakeLog.SESSION, self).intended());
    try (Recovery recovery = log.journal().recover(TIMEOUT)) {
      assertThat(recovery.unfinishedSagas()).isEmpty();
    }
  }

  @Test
  void a_step_that_throws_after_the_lock_is_lost_stays_open() {
    SagaStep losing =
        SagaStep.of(
            "flight",
            "book_flight",
            "{}",
            call -> {
              log.lockLost = true;
              throw new IOException("no answer");
            });
    assertThatThrownBy(() -> run(Saga.of("trip", losing)))
        .isInstanceOf(OutcomeNotRecordedException.class)
        .hasCauseInstanceOf(SessionLockException.class);
    log.lockLost = false;

    SagaStep found = step("flight").checkedBy(call -> Optional.of("R-flight"));
    assertThat(run(Saga.of("trip", found))).containsEntry("flight", "R-flight");
  }

  @Test
  void what_a_check_found_is_not_recorded_after_the_lock_is_lost() {
    crashIn("hotel");
    int before = log.written.size();
    SagaStep losing =
        step("hotel")
            .checkedBy(
                call -> {
                  log.lockLost = true;
                  return Optional.of("R-hotel");
                });

    assertThatThrownBy(() -> run(Saga.of("trip", step("flight"), losing)))
        .isInstanceOf(SessionLockException.class);
    assertThat(log.written).hasSize(before);
  }

  @Test
  void that_a_step_did_not_happen_is_not_recorded_after_the_lock_is_lost() {
    crashIn("hotel");
    SagaStep losing =
        step("hotel")
            .checkedBy(
                call -> {
                  log.lockLost = true;
                  return Optional.empty();
                });

    try (Recovery recovery = log.journal().recover(TIMEOUT)) {
      assertThatThrownBy(() -> Saga.of("trip", step("flight"), losing).compensate(recovery, "no"))
          .isInstanceOf(SessionLockException.class);
    }
    assertThat(log.written).endsWith("Failed trip");
  }

  @Test
  void a_lock_lost_between_steps_ends_it_and_the_next_one_goes_on() {
    SagaStep losing =
        SagaStep.of(
            "flight",
            "book_reservation",
            "{}",
            call -> {
              log.lockLost = true;
              done.add("flight");
              return "R-flight";
            });

    assertThatThrownBy(() -> run(Saga.of("trip", losing, step("hotel"))))
        .isInstanceOf(SessionLockException.class);
    assertThat(done).containsExactly("flight");

    log.lockLost = false;
    run(Saga.of("trip", losing, step("hotel")));
    assertThat(done).containsExactly("flight", "hotel");
  }

  @Test
  void a_lock_lost_in_the_last_step_leaves_the_end_of_the_saga_to_the_next_one() {
    SagaStep losing =
        SagaStep.of(
            "flight",
            "book_reservation",
            "{}",
            call -> {
              log.lockLost = true;
              return "R-flight";
            });

    assertThatThrownBy(() -> run(Saga.of("trip", losing))).isInstanceOf(SessionLockException.class);
    assertThat(log.written).endsWith("Completed trip/flight");
  }

  @Test
  void a_lock_lost_between_compensations_ends_it() {
    SagaStep hotel =
        step("hotel")
            .undoneBy(
                call -> {
                  log.lockLost = true;
                  return "cancelled";
                });

    assertThatThrownBy(() -> run(Saga.of("trip", step("flight"), hotel, failing("bags"))))
        .isInstanceOf(SessionLockException.class);
    assertThat(done).doesNotContain("undo flight");
  }

  @Test
  void a_lock_lost_in_the_last_compensation_leaves_the_end_of_the_saga_to_the_next_one() {
    SagaStep losing =
        step("flight")
            .undoneBy(
                call -> {
                  log.lockLost = true;
                  return "cancelled";
                });

    assertThatThrownBy(() -> run(Saga.of("trip", losing, failing("bags"))))
        .isInstanceOf(SessionLockException.class);
    assertThat(log.written).endsWith("Compensated trip/flight");
  }

  @Test
  void a_recovery_that_is_closed_in_a_step_ends_the_saga_after_it() {
    try (Recovery recovery = log.journal().recover(TIMEOUT)) {
      SagaStep closing =
          SagaStep.of(
              "flight",
              "book_flight",
              "{}",
              call -> {
                recovery.close();
                return "R-flight";
              });

      assertThatThrownBy(() -> Saga.of("trip", closing, step("hotel")).run(recovery))
          .isInstanceOf(SessionLockException.class);
    }
    assertThat(done).isEmpty();
    assertThat(log.written).endsWith("Completed trip/flight");
  }

  /** The process ends here, as far as the log can tell. */
  private static final class Crash extends Error {}

  private void crashIn(String name) {
    assertThatThrownBy(() -> run(Saga.of("trip", step("flight"), crashing(name))))
        .isInstanceOf(Crash.class);
    done.clear();
  }

  private static SagaStep crashing(String name) {
    return SagaStep.of(
        name,
        "book_" + name,
        "{}",
        call -> {
          throw new Crash();
        });
  }

  private static SagaStep failing(String name) {
    return SagaStep.of(
        name,
        "book_" + name,
        "{}",
        call -> {
          throw new IOException("no");
        });
  }

  private SagaStep step(String name) {
    return SagaStep.of(
            name,
            "book_" + name,
            "{}",
            call -> {
              done.add(name);
              return "R-" + name;
            })
        .undoneBy(
            call -> {
              done.add("undo " + name);
              return "cancelled";
            });
  }

  private static CallEvents events(String step) {
    ToolCall call = ToolCall.intended("trip/" + step, "book_" + step, "{}", "booker");
    return CallEvents.ofStep(FakeLog.SESSION, "trip", call);
  }

  private void late(MemoryEvent event) {
    log.journal().append(event);
  }

  private Optional<String> meanwhile(MemoryEvent event) {
    late(event);
    return Optional.empty();
  }

  private Map<String, String> run(Saga saga) {
    try (Recovery recovery = log.journal().recover(TIMEOUT)) {
      return saga.run(recovery);
    }
  }

  private SagaFailedException failure(Saga saga) {
    return catchThrowableOfType(SagaFailedException.class, () -> run(saga));
  }
}
