package dev.driftless.producer.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallFailed;
import dev.driftless.events.ToolCallIntended;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class ToolCallJournalTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  private final FakeLog log = new FakeLog();
  private final ToolCallJournal journal = log.journal();

  @Test
  void the_intent_is_in_the_log_before_the_tool_runs_and_the_outcome_after_it() {
    String result =
        journal.call(
            "c1",
            "book_reservation",
            "{}",
            () -> {
              assertThat(log.written).containsExactly("Intended c1");
              return "R1";
            });

    assertThat(result).isEqualTo("R1");
    assertThat(log.written).containsExactly("Intended c1", "Completed c1");
  }

  @Test
  void calls_without_an_id_get_one_each_and_every_event_its_own() {
    journal.call("think", "{}", () -> "");
    journal.call("think", "{}", () -> "");

    assertThat(new HashSet<>(log.written)).hasSize(4);
    assertThat(log.events).extracting(e -> e.getEventId()).doesNotHaveDuplicates();
  }

  @Test
  void what_the_tool_throws_is_recorded_and_thrown_as_it_is() {
    IOException refused = new IOException("no seats\0 left \ud800");

    assertThatThrownBy(
            () ->
                journal.call(
                    "c1",
                    "book_reservation",
                    "{}",
                    () -> {
                      throw refused;
                    }))
        .isSameAs(refused);
    assertThat(log.written).containsExactly("Intended c1", "Failed c1");
    assertThat(((ToolCallFailed) log.events.get(1).getPayload()).getError())
        .isEqualTo("java.io.IOException: no seats  left ?");
  }

  @Test
  void a_tool_that_cannot_tell_whether_it_happened_leaves_the_call_open() {
    assertThatThrownBy(
            () ->
                journal.call(
                    "c1",
                    "book_reservation",
                    "{}",
                    () -> {
                      throw new UnknownOutcomeException("no answer", new IOException());
                    }))
        .isInstanceOf(UnknownOutcomeException.class);
    assertThatThrownBy(
            () ->
                journal.call(
                    "c2",
                    "book_reservation",
                    "{}",
                    () -> {
                      throw new InterruptedException();
                    }))
        .isInstanceOf(InterruptedException.class);
    assertThatThrownBy(
            () ->
                journal.call(
                    "c3",
                    "book_reservation",
                    "{}",
                    () -> {
                      throw new StackOverflowError();
                    }))
        .isInstanceOf(StackOverflowError.class);

    try (Recovery recovery = journal.recover(TIMEOUT)) {
      assertThat(recovery.openCalls()).extracting(ToolCall::id).containsExactly("c1", "c2", "c3");
    }
  }

  static Stream<Exception> unknown() throws IOException {
    return Stream.of(
        new SocketTimeoutException("no answer"),
        new ClosedByInterruptException(),
        new HttpTimeoutException("no answer"),
        new TimeoutException("no answer"),
        new UncheckedIOException(new SocketTimeoutException("no answer")),
        new ExecutionException(new InterruptedException()),
        new IllegalStateException(
            new IOException(new UnknownOutcomeException("no answer", new IOException()))));
  }

  @ParameterizedTest
  @MethodSource("unknown")
  void a_tool_that_got_no_answer_or_was_interrupted_leaves_the_call_open(Exception thrown) {
    assertThatThrownBy(
            () ->
                journal.call(
                    "c1",
                    "book_reservation",
                    "{}",
                    () -> {
                      throw thrown;
                    }))
        .isSameAs(thrown);
    assertThat(log.written).containsExactly("Intended c1");
  }

  @Test
  void causes_that_go_in_a_circle_are_a_failure() {
    IOException one = new IOException("one");
    IOException two = new IOException("two", one);
    one.initCause(two);

    assertThatThrownBy(
            () ->
                journal.call(
                    "c1",
                    "book_reservation",
                    "{}",
                    () -> {
                      throw two;
                    }))
        .isSameAs(two);
    assertThat(log.written).containsExactly("Intended c1", "Failed c1");
  }

  @Test
  @SuppressWarnings("NullAway")
  void a_result_that_no_text_can_hold_is_given_and_recorded_as_one_that_can() {
    assertThat(journal.call("c1", "think", "{}", () -> "a\0 \ud800")).isEqualTo("a  ?");
    assertThat(journal.<RuntimeException>call("c2", "think", "{}", () -> null)).isEmpty();

    assertThat(log.events)
        .filteredOn(e -> e.getPayload() instanceof ToolCallCompleted)
        .extracting(e -> ((ToolCallCompleted) e.getPayload()).getResult())
        .containsExactly("a  ?", "");
  }

  @Test
  void an_intent_that_is_not_durable_keeps_the_tool_from_running() {
    List<String> ran = new ArrayList<>();
    log.refuses = payload -> payload instanceof ToolCallIntended;

    assertThatThrownBy(
            () ->
                journal.call(
                    "book_reservation",
                    "{}",
                    () -> {
                      ran.add("booked");
                      return "R1";
                    }))
        .hasMessage("no broker answers");
    assertThat(ran).isEmpty();
  }

  @Test
  void an_outcome_that_cannot_be_recorded_says_that_the_tool_ran_and_not_what_it_gave() {
    log.refuses = payload -> payload instanceof ToolCallCompleted;

    assertThatThrownBy(() -> journal.call("c1", "book_reservation", "{}", () -> "R1"))
        .isInstanceOfSatisfying(
            OutcomeNotRecordedException.class,
            e -> {
              assertThat(e.result()).isEqualTo("R1");
              assertThat(e).hasMessageNotContaining("R1");
              assertThat(log.written).containsExactly("Intended c1");
              journal.completed(e.call(), "R1");
            })
        .hasMessageContaining("tool book_reservation ran (call c1)")
        .hasMessageContaining("no broker answers");
    assertThat(log.written).containsExactly("Intended c1", "Completed c1");
  }

  @Test
  void a_failure_that_cannot_be_recorded_keeps_what_the_tool_threw() {
    IOException refused = new IOException("no seats");
    log.refuses = payload -> payload instanceof ToolCallFailed;

    assertThatThrownBy(
            () ->
                journal.call(
                    "book_reservation",
                    "{}",
                    () -> {
                      throw refused;
                    }))
        .isInstanceOf(OutcomeNotRecordedException.class)
        .satisfies(e -> assertThat(e.getSuppressed()).containsExactly(refused));
  }

  @Test
  void an_id_is_refused_while_its_call_is_under_way_and_begins_it_anew_afterwards() {
    journal.call(
        "c1",
        "think",
        "{}",
        () -> {
          assertThatThrownBy(() -> journal.call("c1", "think", "{}", () -> "inner"))
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("call c1 is under way already in session s1");
          return "outer";
        });
    journal.call("c1", "think", "{}", () -> "again");

    try (Recovery recovery = journal.recover(TIMEOUT)) {
      assertThat(recovery.callsSinceCheckpoint())
          .singleElement()
          .satisfies(call -> assertThat(call.result()).isEqualTo("again"));
    }
  }

  @Test
  void a_recovery_tells_the_last_checkpoint_what_came_after_it_and_what_is_open() {
    open("c0");
    journal.call("c1", "think", "{}", () -> "1");
    journal.checkpoint("one", "{\"at\":1}");
    journal.call("c2", "think", "{}", () -> "2");
    open("c3");

    try (Recovery recovery = journal.recover(TIMEOUT)) {
      assertThat(recovery.checkpoint()).contains(new Checkpoint("one", "{\"at\":1}"));
      assertThat(recovery.callsSinceCheckpoint())
          .extracting(ToolCall::id)
          .containsExactly("c2", "c3");
      assertThat(recovery.openCalls()).extracting(ToolCall::id).containsExactly("c0", "c3");
    }
  }

  @Test
  void without_the_lock_no_intent_is_written_and_no_tool_run_until_the_recovery_is_closed() {
    Recovery recovery = journal.recover(TIMEOUT);
    log.lockLost = true;

    assertThatThrownBy(() -> journal.call("c1", "think", "{}", () -> "1"))
        .isInstanceOf(SessionLockException.class);
    assertThat(log.written).isEmpty();

    recovery.close();
    assertThat(journal.call("c1", "think", "{}", () -> "1")).isEqualTo("1");
  }

  @Test
  void a_lock_lost_while_the_intent_is_written_keeps_the_tool_from_running() {
    List<String> ran = new ArrayList<>();
    try (Recovery recovery = journal.recover(TIMEOUT)) {
      log.refuses =
          payload -> {
            log.lockLost = true;
            return false;
          };
      assertThatThrownBy(
              () ->
                  journal.call(
                      "c1",
                      "think",
                      "{}",
                      () -> {
                        ran.add("thought");
                        return "1";
                      }))
          .isInstanceOf(SessionLockException.class);
      assertThat(log.written).containsExactly("Intended c1");
      assertThat(ran).isEmpty();
      assertThatThrownBy(recovery::check).isInstanceOf(SessionLockException.class);
    }
  }

  @Test
  void a_recovery_closed_while_the_intent_is_written_keeps_the_tool_from_running() {
    List<String> ran = new ArrayList<>();
    Recovery recovery = journal.recover(TIMEOUT);
    log.refuses =
        payload -> {
          recovery.close();
          return false;
        };

    assertThatThrownBy(
            () ->
                journal.call(
                    "c1",
                    "think",
                    "{}",
                    () -> {
                      ran.add("thought");
                      return "1";
                    }))
        .isInstanceOf(SessionLockException.class);
    assertThat(log.written).containsExactly("Intended c1");
    assertThat(ran).isEmpty();
  }

  @Test
  void without_the_lock_no_checkpoint_is_moved_and_no_call_settled() {
    open("c1");
    try (Recovery recovery = journal.recover(TIMEOUT)) {
      ToolCall open = recovery.openCalls().get(0);
      log.lockLost = true;

      assertThatThrownBy(() -> journal.checkpoint("one", "1"))
          .isInstanceOf(SessionLockException.class);
      assertThatThrownBy(() -> journal.completed(open, "R1"))
          .isInstanceOf(SessionLockException.class);
      assertThatThrownBy(() -> journal.failed(open, "no")).isInstanceOf(SessionLockException.class);
    }
    assertThat(log.written).containsExactly("Intended c1");
  }

  @Test
  void a_failure_after_the_lock_is_lost_leaves_the_call_open_and_keeps_what_the_tool_threw() {
    IOException refused = new IOException("no seats");
    try (Recovery recovery = journal.recover(TIMEOUT)) {
      recovery.check();
      assertThatThrownBy(
              () ->
                  journal.call(
                      "c1",
                      "book_reservation",
                      "{}",
                      () -> {
                        log.lockLost = true;
                        throw refused;
                      }))
          .isInstanceOf(OutcomeNotRecordedException.class)
          .hasCauseInstanceOf(SessionLockException.class)
          .satisfies(e -> assertThat(e.getSuppressed()).containsExactly(refused));
    }
    assertThat(log.written).containsExactly("Intended c1");
  }

  @Test
  void nothing_that_a_call_or_checkpoint_holds_is_in_its_text() {
    ToolCall call = ToolCall.intended("c1", "think", "secret", "booker").completed("secret");

    assertThat(call).hasToString("ToolCall[c1 think COMPLETED]");
    assertThat(new Checkpoint("one", "secret")).hasToString("Checkpoint[one]");
  }

  private void open(String id) {
    assertThatThrownBy(
            () ->
                journal.call(
                    id,
                    "think",
                    "{}",
                    () -> {
                      throw new UnknownOutcomeException("?", new IOException());
                    }))
        .isInstanceOf(UnknownOutcomeException.class);
  }
}
