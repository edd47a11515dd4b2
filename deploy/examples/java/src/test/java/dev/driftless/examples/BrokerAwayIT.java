package dev.driftless.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.local.Progress;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.producer.AppendTimeoutException;
import dev.driftless.producer.journal.OutcomeNotRecordedException;
import dev.driftless.producer.journal.Recovery;
import dev.driftless.producer.journal.ToolCall;
import dev.driftless.producer.journal.ToolCallJournal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker that is killed while a tool runs, on a stack of its own. */
final class BrokerAwayIT {

  @TempDir Path state;

  @Test
  void who_calls_a_tool_learns_that_it_ran_or_that_it_did_not() {
    try (TestStack stack =
            TestStack.fresh(ServerKind.KAFKA, ServerKind.REGISTRY, ServerKind.POSTGRES);
        LiveView live = new LiveView(stack, Duration.ofSeconds(4), state)) {
      ToolCallJournal journal = live.journal("mia", "s1");

      assertThatThrownBy(
              () ->
                  journal.call(
                      "c1",
                      "book_reservation",
                      "{}",
                      () -> {
                        stack.stack().kill(ServerKind.KAFKA);
                        return "R1";
                      }))
          .isInstanceOfSatisfying(
              OutcomeNotRecordedException.class, e -> assertThat(e.result()).isEqualTo("R1"))
          .hasMessageContaining("tool book_reservation ran (call c1)")
          .hasCauseInstanceOf(AppendTimeoutException.class);
      List<String> ran = new ArrayList<>();
      assertThatThrownBy(
              () ->
                  journal.call(
                      "c2",
                      "book_reservation",
                      "{}",
                      () -> {
                        ran.add("c2");
                        return "R2";
                      }))
          .isInstanceOf(AppendTimeoutException.class);
      assertThat(ran).isEmpty();

      stack.stack().start(Set.of(ServerKind.KAFKA), Progress.silent());
      try (Recovery recovery = journal.recover(LiveView.PATIENCE)) {
        assertThat(recovery.openCalls()).extracting(ToolCall::id).containsExactly("c1");
      }
    }
  }
}
