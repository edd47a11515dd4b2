package dev.driftless.producer.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.driftless.events.ToolCallCompensated;
import dev.driftless.events.ToolCallCompleted;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SagaTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  private final FakeLog log = new FakeLog();

  /** What the world saw. */
  private final List<String> done = new ArrayList<>();

  @Test
  void steps_run_in_order_and_are_given_the_results_of_those_before() {
    Saga saga =
        Saga.of(
            "trip",
            step("flight"),
            SagaStep.of(
                "bags",
                "update_reservation_baggages",
                results -> "{\"reservation\":\"" + results.get("flight") + "\"}",
                ToolCall::arguments));

    assertThat(run(saga))
        .isEqualTo(Map.of("flight", "R-flight", "bags", "{\"reservation\":\"R-flight\"}"));
    assertThat(log.written)
        .containsExactly(
            "Intended trip",
            "Intended trip/flight",
            "Completed trip/flight",
            "Intended trip/bags",
            "Completed trip/bags",
            "Completed trip");
  }

  @Test
  void a_saga_that_is_done_is_not_done_again() {
    Saga saga = Saga.of("trip", step("flight"), step("hotel"));
    Map<String, String> first = run(saga);

    assertThat(run(saga)).isEqualTo(first);
    assertThat(done).containsExactly("flight", "hotel");
  }

  @Test
  void a_step_that_fails_has_those_before_it_undone_the_last_one_first() {
    Saga saga = Saga.of("trip", step("flight"), step("hotel"), failing("bags"), step("never"));

    SagaFailedException failed = failure(saga);
    assertThat(failed).hasMessageContaining("all that it had done is undone: [hotel, flight]");
    assertThat(failed.undone()).containsExactly("hotel", "flight");
    assertThat(failed.notUndone()).isEmpty();
    assertThat(failed).hasCauseInstanceOf(IOException.class);
    assertThat(done).containsExactly("flight", "hotel", "undo hotel", "undo flight");
    assertThat(log.written)
        .endsWith(
            "Failed trip/bags",
            "Failed trip",
            "Compensated trip/hotel",
            "Compensated trip/flight",
            "Compensated trip");
  }

  @Test
  void a_step_that_happened_and_has_no_undo_is_not_told_to_be_undone() {
    SagaStep mail = SagaStep.of("mail", "send_mail", "{}", call -> "sent");

    SagaFailedException failed =
        failure(Saga.of("trip", step("flight"), mail, failing("bags").undoneBy(call -> "")));
    assertThat(failed)
        .hasMessage(
            "saga trip failed; undone: [flight]; done or perhaps done, and without an undo: [mail]");
    assertThat(failed.undone()).containsExactly("flight");
    assertThat(failed.notUndone()).isEmpty();
  }

  @Test
  void a_step_that_was_cut_short_and_has_no_undo_is_not_told_to_be_undone() {
    crashIn("mail");
    SagaStep mail = SagaStep.of("mail", "send_mail", "{}", call -> "sent");

    SagaFailedException failed = failure(Saga.of("trip", step("flight"), mail));
    assertThat(failed).hasMessageEndingWith("without an undo: [mail]");
    assertThat(failed.undone()).containsExactly("flight");
  }

  @Test
  @SuppressWarnings("NullAway")
  void a_compensation_that_returns_what_no_text_can_hold_is_recorded_all_the_same() {
    SagaStep flight = step("flight").undoneBy(call -> "gone\0 \ud800");
    SagaStep hotel = step("hotel").undoneBy(call -> null);

    assertThat(failure(Saga.of("trip", flight, hotel, failing("bags"))).undone())
        .containsExactly("hotel", "flight");
    assertThat(log.events)
        .filteredOn(e -> e.getPayload() instanceof ToolCallCompensated)
        .extracting(e -> ((ToolCallCompensated) e.getPayload()).getCompensation())
        .startsWith("", "gone  ?");
  }

  @Test
  void a_saga_that_was_undone_stays_so() {
    Saga saga = Saga.of("trip", step("flight"), failing("bags"));
    failure(saga);
    done.clear();

    assertThat(failure(saga).undone()).containsExactly("flight");
    assertThat(done).isEmpty();
    assertThat(unfinished()).isEmpty();
  }

  @Test
  void a_crash_between_steps_goes_on_with_the_next_one() {
    run(Saga.of("other", step("flight")));
    Saga saga = Saga.of("trip", step("flight"), crashingBefore("hotel"));
    assertThatThrownBy(() -> run(saga)).isInstanceOf(Crash.class);
    assertThat(unfinished()).containsExactly("trip");
    done.clear();

    run(Saga.of("trip", step("flight"), step("hotel").repeatable()));
    assertThat(done).containsExactly("hotel");
  }

  @Test
  void a_step_whose_check_finds_that_it_happened_is_not_run_again() {
    crashIn("hotel");

    Saga saga =
        Saga.of(
            "trip", step("flight"), step("hotel").checkedBy(call -> Optional.of("R-" + call.id())));
    assertThat(run(saga)).containsEntry("hotel", "R-trip/hotel");
    assertThat(done).isEmpty();
    assertThat(log.written).endsWith("Completed trip/hotel", "Completed trip");
  }

  @Test
  void a_step_whose_check_finds_that_it_did_not_happen_is_run_again_as_the_same_call() {
    crashIn("hotel");

    run(Saga.of("trip", step("flight"), step("hotel").checkedBy(call -> Optional.empty())));
    assertThat(done).containsExactly("hotel");
    assertThat(log.written).filteredOn("Intended trip/hotel"::equals).hasSize(2);
    assertThat(log.events).extracting(e -> e.getEventId()).doesNotHaveDuplicates();
  }

  @Test
  void a_step_that_nothing_tells_about_has_the_saga_undone_with_itself() {
    crashIn("hotel");

    SagaFailedException failed = failure(Saga.of("trip", step("flight"), step("hotel")));
    assertThat(failed.undone()).containsExactly("hotel", "flight");
    assertThat(done).containsExactly("undo hotel", "undo flight");
  }

  @Test
  void a_check_that_cannot_tell_leaves_the_saga_as_it_is() {
    crashIn("hotel");
    Saga saga =
        Saga.of(
            "trip",
            step("flight"),
            step("hotel")
                .checkedBy(
                    call -> {
                      throw new IOException("no answer");
                    }));

    assertThatThrownBy(() -> run(saga))
        .isInstanceOf(UnknownOutcomeException.class)
        .hasMessageContaining("whether step hotel happened cannot be told now");
    assertThat(unfinished()).containsExactly("trip");
    assertThat(done).isEmpty();
  }

  @Test
  void given_up_a_saga_is_undone_and_a_step_that_did_not_happen_is_not_compensated() {
    crashIn("hotel");
    Saga saga = Saga.of("trip", step("flight"), step("hotel").checkedBy(call -> Optional.empty()));

    try (Recovery recovery = log.journal().recover(TIMEOUT)) {
      assertThat(saga.compensate(recovery, "she changed her mind")).containsExactly("flight");
      assertThat(saga.compensate(recovery, "again")).containsExactly("flight");
    }
    assertThat(done).containsExactly("undo flight");
    assertThat(log.written)
        .endsWith(
            "Failed trip", "Failed trip/hotel", "Compensated trip/flight", "Compensated trip");
  }

  @Test
  void given_up_after_its_end_a_saga_is_undone_and_before_its_beginning_nothing_is() {
    Saga saga = Saga.of("trip", step("flight"));

    try (Recovery recovery = log.journal().recover(TIMEOUT)) {
      assertThat(saga.compensate(recovery, "no")).isEmpty();
      assertThat(log.written).isEmpty();
      saga.run(recovery);
      assertThat(saga.compensate(recovery, "she changed her mind")).containsExactly("flight");
    }
  }

  @Test
  void a_step_that_cannot_tell_whether_it_happened_is_undone_too() {
    Saga saga =
        Saga.of(
            "trip",
            step("flight"),
            undone(
                SagaStep.of(
                    "hotel",
                    "book_hotel",
                    "{}",
                    call -> {
                      throw new UnknownOutcomeException("no answer", new IOException());
                    }),
                "hotel"));

    assertThat(failure(saga).undone()).containsExactly("hotel", "flight");
  }

  @Test
  void a_compensation_is_given_the_result_if_it_is_known() {
    List<String> given = new ArrayList<>();
    SagaStep flight =
        step("flight")
            .undoneBy(
                call -> {
                  given.add(call.id() + " " + call.result());
                  return "cancelled";
                });
    failure(Saga.of("trip", flight, failing("bags")));

    assertThat(given).containsExactly("trip/flight R-flight");
  }

  @Test
  void a_compensation_is_given_what_the_check_found() {
    crashIn("hotel");
    List<String> given = new ArrayList<>();
    SagaStep hotel =
        step("hotel")
            .checkedBy(call -> Optional.of("R-late"))
            .undoneBy(
                call -> {
                  given.add(call.id() + " " + call.result());
                  return "cancelled";
                });

    try (Recovery recovery = log.journal().recover(TIMEOUT)) {
      Saga.of("trip", step("flight"), hotel).compensate(recovery, "no");
    }
    assertThat(given).containsExactly("trip/hotel R-late");
  }

  @Test
  void a_saga_that_was_given_up_never_goes_forward_again_whatever_was_undone_of_it() {
    crashIn("hotel");
    SagaStep hotel =
        step("hotel")
            .repeatable()
            .undoneBy(
                call -> {
                  throw new IOException("not now");
                });
    Saga saga = patient(Saga.of("trip", step("flight"), hotel), 1);

    try (Recovery recovery = log.journal().recover(TIMEOUT)) {
      assertThatThrownBy(() -> saga.compensate(recovery, "no"))
          .isInstanceOfSatisfying(
              SagaFailedException.class,
              e -> assertThat(e.notUndone()).containsExactly("hotel", "flight"));
    }
    assertThat(failure(saga).notUndone()).containsExactly("hotel", "flight");
    assertThat(done).isEmpty();
  }

  @Test
  void a_compensation_that_fails_is_tried_again() {
    int[] left = {2};
    SagaStep flight =
        step("flight")
            .undoneBy(
                call -> {
                  if (left[0]-- > 0) {
                    throw new IOException("not now");
                  }
                  return "cancelled";
                });

    SagaFailedException failed = failure(patient(Saga.of("trip", flight, failing("bags")), 3));
    assertThat(failed.undone()).containsExactly("flight");
    assertThat(failed.getSuppressed()).hasSize(2);
    assertThat(log.written).endsWith("Compensated trip/flight", "Compensated trip");
  }

  @Test
  void it_is_tried_five_times_unless_told_otherwise() {
    assertThat(Saga.of("trip").attempts()).isEqualTo(5);
    assertThat(patient(Saga.of("trip"), 3).attempts()).isEqualTo(3);
  }

  @Test
  void a_compensation_that_fails_for_good_is_reported_and_tried_again_at_the_next_recovery() {
    boolean[] works = {false};
    int[] tries = {0};
    SagaStep hotel =
        step("hotel")
            .undoneBy(
                call -> {
                  tries[0]++;
                  if (!works[0]) {
                    throw new IOException("never");
                  }
                  done.add("undo hotel");
                  return "cancelled";
                });
    Saga saga = patient(Saga.of("trip", step("flight"), hotel, step("car"), failing("bags")), 2);

    SagaFailedException failed = failure(saga);
    assertThat(tries[0]).isEqualTo(2);
    assertThat(failed.undone()).containsExactly("car");
    assertThat(failed.notUndone()).containsExactly("hotel", "flight");
    assertThat(failed).hasMessageContaining("these steps are NOT undone: [hotel, flight]");
    assertThat(unfinished()).containsExactly("trip");

    works[0] = true;
    done.clear();
    assertThat(failure(saga).undone()).containsExactly("car", "hotel", "flight");
    assertThat(done).containsExactly("undo hotel", "undo flight");
    assertThat(unfinished()).isEmpty();
  }

  @Test
  void a_step_that_ran_and_could_not_be_recorded_is_not_taken_for_a_failure() {
    log.refuses = payload -> payload instanceof ToolCallCompleted;
    Saga saga = Saga.of("trip", step("flight").checkedBy(call -> Optional.of("R-flight")));

    assertThatThrownBy(() -> run(saga)).isInstanceOf(OutcomeNotRecordedException.class);
    assertThat(run(saga)).containsEntry("flight", "R-flight");
    assertThat(done).containsExactly("flight");
  }

  @Test
  void a_compensation_that_ran_and_could_not_be_recorded_says_so_and_is_run_again() {
    Saga saga = Saga.of("trip", step("flight"), failing("bags"));
    log.refuses = payload -> payload instanceof ToolCallCompensated;

    assertThatThrownBy(() -> run(saga))
        .isInstanceOf(OutcomeNotRecordedException.class)
        .hasMessageContaining("the compensation of step flight ran (call trip/flight)");
    assertThat(failure(saga).undone()).containsExactly("flight");
    assertThat(done).containsExactly("flight", "undo flight", "undo flight");
  }

  @Test
  void the_agent_sees_no_step_of_a_saga_among_its_open_calls() {
    crashIn("hotel");

    try (Recovery recovery = log.journal().recover(TIMEOUT)) {
      assertThat(recovery.openCalls()).isEmpty();
      assertThat(recovery.callsSinceCheckpoint())
          .extracting(ToolCall::id)
          .containsExactly("trip/flight", "trip/hotel");
      assertThat(recovery.unfinishedSagas()).containsExactly("trip");
    }
  }

  @Test
  void a_saga_with_other_steps_or_an_unfit_name_is_refused() {
    run(Saga.of("trip", step("flight")));

    assertThatThrownBy(() -> run(Saga.of("trip", step("hotel"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("saga trip was begun with the steps [\"flight\"], not [\"hotel\"]");
    assertThatThrownBy(() -> Saga.of("trip", step("flight"), step("flight")))
        .hasMessageContaining("two steps are called flight");
    assertThatThrownBy(() -> Saga.of("a/b")).hasMessageContaining("without a slash");
    assertThatThrownBy(() -> step("a/b")).hasMessageContaining("step 'a/b'");
  }

  /** The process ends here, as far as the log can tell. */
  private static final class Crash extends Error {}

  private void crashIn(String name) {
    SagaStep crashing =
        SagaStep.of(
            name,
            "book_" + name,
            "{}",
            call -> {
              throw new Crash();
            });
    assertThatThrownBy(() -> run(Saga.of("trip", step("flight"), crashing)))
        .isInstanceOf(Crash.class);
    done.clear();
  }

  private static SagaStep crashingBefore(String name) {
    return SagaStep.of(
        name,
        "book_" + name,
        results -> {
          throw new Crash();
        },
        call -> "never");
  }

  private SagaStep step(String name) {
    return undone(
        SagaStep.of(
            name,
            "book_" + name,
            "{}",
            call -> {
              done.add(name);
              return "R-" + name;
            }),
        name);
  }

  private SagaStep undone(SagaStep step, String name) {
    return step.undoneBy(
        call -> {
          done.add("undo " + name);
          return "cancelled";
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

  private static Saga patient(Saga saga, int attempts) {
    return saga.withCompensationAttempts(attempts, Duration.ZERO);
  }

  private Map<String, String> run(Saga saga) {
    try (Recovery recovery = log.journal().recover(TIMEOUT)) {
      return saga.run(recovery);
    }
  }

  private SagaFailedException failure(Saga saga) {
    return catchThrowableOfType(SagaFailedException.class, () -> run(saga));
  }

  private List<String> unfinished() {
    try (Recovery recovery = log.journal().recover(TIMEOUT)) {
      return recovery.unfinishedSagas();
    }
  }
}
