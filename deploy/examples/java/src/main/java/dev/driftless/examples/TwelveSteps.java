package dev.driftless.examples;

import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.journal.AgentSession;
import dev.driftless.producer.journal.Checkpoint;
import dev.driftless.producer.journal.Recovery;
import dev.driftless.producer.journal.ToolCall;
import dev.driftless.producer.journal.ToolCallJournal;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * Crash on step 7 of 12, restart from the last checkpoint.
 *
 * <p>An agent with a plan of twelve tool calls and a checkpoint after every fourth. Kill it
 * whenever you like and start it again with the same session: it runs no step again of which it
 * knows the outcome.
 *
 * <p>Arguments: the session; then, if it is to get stuck, the number of the step. It prints what it
 * recovered, and each step that it is inside of.
 */
public final class TwelveSteps {

  private static final List<String> PLAN =
      List.of(
          "get_user_details",
          "get_reservation_details",
          "search_direct_flight",
          "search_onestop_flight",
          "calculate",
          "think",
          "book_reservation",
          "get_reservation_details",
          "update_reservation_baggages",
          "update_reservation_passengers",
          "calculate",
          "send_certificate");

  private final ToolCallJournal journal;
  private final int stuckIn;

  private TwelveSteps(ToolCallJournal journal, int stuckIn) {
    this.journal = journal;
    this.stuckIn = stuckIn;
  }

  /** See above. */
  public static void main(String[] arguments) throws InterruptedException {
    int stuckIn = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 0;
    try (MemoryLog log = Servers.log(System.getenv())) {
      AgentSession session = new AgentSession("acme", "mia", "booker", arguments[0]);
      ToolCallJournal journal = ToolCallJournal.of(log, Servers.postgres(System.getenv()), session);
      new TwelveSteps(journal, stuckIn).run();
    }
  }

  private void run() throws InterruptedException {
    try (Recovery recovery = journal.recover(Duration.ofSeconds(60))) {
      int done = recovery.checkpoint().map(Checkpoint::state).map(Integer::parseInt).orElse(0);
      Map<String, String> results = new HashMap<>();
      for (ToolCall call : recovery.callsSinceCheckpoint()) {
        if (call.status() == ToolCall.Status.COMPLETED) {
          results.put(call.id(), call.result());
        }
      }
      say("after checkpoint " + done + " known " + results.keySet().stream().sorted().toList());
      recovery.openCalls().forEach(call -> say("open " + call.id() + " " + call.tool()));

      for (int step = done + 1; step <= PLAN.size(); step++) {
        String id = "step-" + step;
        if (!results.containsKey(id)) {
          // an open call is called again with its id: these tools take two calls of one id for one
          int number = step;
          results.put(id, journal.call(id, PLAN.get(step - 1), "{}", () -> tool(number)));
        }
        if (step % 4 == 0) {
          journal.checkpoint("step-" + step, String.valueOf(step));
        }
      }
      say("done");
    }
  }

  private String tool(int step) throws InterruptedException {
    say("inside " + step);
    if (step == stuckIn) {
      new CountDownLatch(1).await();
    }
    return "result of " + step;
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }
}
