package dev.driftless.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.driftless.local.TestStack;
import dev.driftless.producer.journal.Recovery;
import dev.driftless.producer.journal.Saga;
import dev.driftless.producer.journal.SagaFailedException;
import dev.driftless.producer.journal.SagaStep;
import dev.driftless.producer.journal.SessionLockException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Sagas whose state is told by a real view; their crashes as processes are in ExamplesIT. */
@ResourceLock("locks of sessions, which some of these tests take away from whoever has them")
final class SagaIT {

  private static final Duration PATIENCE = LiveView.PATIENCE;

  @TempDir static Path state;

  private static LiveView live;

  /** What the world saw. */
  private final List<String> done = new ArrayList<>();

  @BeforeAll
  static void start() {
    live = new LiveView(TestStack.shared(), Duration.ofSeconds(30), state);
  }

  @AfterAll
  static void stop() {
    live.close();
  }

  @Test
  void a_saga_is_done_once_however_often_it_is_run_also_within_one_recovery() {
    Saga saga = Saga.of("trip", step("flight"), step("hotel"));

    try (Recovery recovery = live.journal("mia", "once").recover(PATIENCE)) {
      Map<String, String> first = saga.run(recovery);
      assertThat(saga.run(recovery)).isEqualTo(first);
    }
    assertThat(run("once", saga)).containsOnlyKeys("flight", "hotel");
    assertThat(done).containsExactly("flight", "hotel");
  }

  @Test
  void a_step_that_is_checked_and_run_again_is_one_call_with_an_intent_for_each_attempt() {
    assertThatThrownBy(() -> run("again", Saga.of("trip", step("flight"), crashing("hotel"))))
        .isInstanceOf(Crash.class);
    run("again", Saga.of("trip", step("flight"), step("hotel").checkedBy(c -> Optional.empty())));

    assertThat(statuses("again"))
        .containsExactly("trip COMPLETED", "trip/flight COMPLETED", "trip/hotel COMPLETED");
    // each attempt opens the call, whatever was recorded of it meanwhile
    assertThat(live.query(past("again") + " AND tool_call_id = 'trip/hotel'"))
        .containsExactly("trip/hotel INTENDED", "trip/hotel INTENDED");
    assertThat(done).containsExactly("flight", "hotel");
  }

  @Test
  void a_checkpoint_in_the_middle_of_a_saga_hides_none_of_its_steps() {
    Saga crashing = Saga.of("trip", step("flight"), crashing("hotel"));
    assertThatThrownBy(() -> run("middle", crashing)).isInstanceOf(Crash.class);
    live.journal("mia", "middle").checkpoint("one", "1");

    Saga saga = Saga.of("trip", step("flight"), step("hotel").repeatable());
    assertThat(run("middle", saga)).containsOnlyKeys("flight", "hotel");
    assertThat(done).containsExactly("flight", "hotel");
  }

  @Test
  void a_compensation_that_fails_twice_and_then_succeeds_is_done() {
    int[] left = {2};
    SagaStep flight =
        step("flight")
            .undoneBy(
                call -> {
                  if (left[0]-- > 0) {
                    throw new IOException("not now");
                  }
                  done.add("undo flight");
                  return "cancelled";
                });

    SagaFailedException failed = failure("twice", Saga.of("trip", flight, failing("bags")));
    assertThat(failed.undone()).containsExactly("flight");
    assertThat(done).containsExactly("flight", "undo flight");
    assertThat(statuses("twice"))
        .containsExactly("trip COMPENSATED", "trip/bags FAILED", "trip/flight COMPENSATED");
  }

  @Test
  void a_compensation_that_fails_for_good_is_told_and_tried_again_by_the_next_recovery() {
    boolean[] works = {false};
    SagaStep hotel =
        step("hotel")
            .undoneBy(
                call -> {
                  if (!works[0]) {
                    throw new IOException("never");
                  }
                  done.add("undo hotel");
                  return "cancelled";
                });
    Saga saga =
        Saga.of("trip", step("flight"), hotel, failing("bags"))
            .withCompensationAttempts(2, Duration.ofMillis(1));

    assertThat(failure("good", saga).notUndone()).containsExactly("hotel", "flight");
    try (Recovery recovery = live.journal("mia", "good").recover(PATIENCE)) {
      assertThat(recovery.unfinishedSagas()).containsExactly("trip");
    }
    assertThat(statuses("good"))
        .containsExactly(
            "trip FAILED", "trip/bags FAILED", "trip/flight COMPLETED", "trip/hotel COMPLETED");

    works[0] = true;
    assertThat(failure("good", saga).notUndone()).isEmpty();
    assertThat(done).containsExactly("flight", "hotel", "undo hotel", "undo flight");
    assertThat(statuses("good"))
        .containsExactly(
            "trip COMPENSATED",
            "trip/bags FAILED",
            "trip/flight COMPENSATED",
            "trip/hotel COMPENSATED");
  }

  @Test
  void a_lock_that_is_lost_between_steps_ends_it_and_another_process_goes_on() {
    SagaStep losing =
        SagaStep.of(
            "flight",
            "book_reservation",
            "{}",
            call -> {
              done.add("flight");
              live.query(
                  """
                  SELECT pg_terminate_backend(pid, 10000) FROM pg_locks
                  WHERE locktype = 'advisory' AND objsubid = 1 AND pid <> pg_backend_pid()
                  """);
              return "N1";
            });

    assertThatThrownBy(() -> run("lost", Saga.of("trip", losing, step("hotel"))))
        .isInstanceOf(SessionLockException.class);
    assertThat(done).containsExactly("flight");
    assertThat(run("lost", Saga.of("trip", losing, step("hotel")))).containsEntry("flight", "N1");
    assertThat(done).containsExactly("flight", "hotel");
  }

  /** The process ends here, as far as the log can tell. */
  private static final class Crash extends Error {}

  private SagaStep step(String name) {
    return SagaStep.of(
            name,
            "book_" + name,
            "{}",
            call -> {
              done.add(name);
              return "N-" + name;
            })
        .undoneBy(
            call -> {
              done.add("undo " + name);
              return "cancelled";
            });
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

  private static Map<String, String> run(String session, Saga saga) {
    try (Recovery recovery = live.journal("mia", session).recover(PATIENCE)) {
      return saga.run(recovery);
    }
  }

  private static SagaFailedException failure(String session, Saga saga) {
    return catchThrowableOfType(SagaFailedException.class, () -> run(session, saga));
  }

  private static List<String> statuses(String session) {
    live.journal("mia", session).recover(PATIENCE).close();
    return live.query(
        "SELECT tool_call_id, status FROM <schema>.tool_calls WHERE session = '%s' ORDER BY 1"
            .formatted(session));
  }

  private static String past(String session) {
    return "SELECT tool_call_id, status FROM <schema>.past_tool_calls WHERE session = '%s'"
        .formatted(session);
  }
}
