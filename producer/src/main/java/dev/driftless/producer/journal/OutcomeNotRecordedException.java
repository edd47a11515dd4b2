package dev.driftless.producer.journal;

import org.jspecify.annotations.Nullable;

/**
 * The tool, or what undoes it, <b>ran</b>, and what came of it could not be appended to the log:
 * the call stays open, unless the append that failed was written after all. The cause is the
 * append's, or a {@link SessionLockException} if the tool threw when the session was not ours any
 * more; what the tool itself threw, if it did, is suppressed. Of a tool it can be recorded later,
 * by {@link ToolCallJournal#completed} or {@link ToolCallJournal#failed}.
 */
public final class OutcomeNotRecordedException extends RuntimeException {

  private final transient ToolCall call;
  private final transient @Nullable String result;

  OutcomeNotRecordedException(
      String what, ToolCall call, @Nullable String result, RuntimeException cause) {
    super(
        "%s ran (call %s), and its outcome could not be recorded, so the call stays open: %s"
            .formatted(what, call.id(), cause.getMessage()),
        cause);
    this.call = call;
    this.result = result;
  }

  /** The call that stays open. */
  public ToolCall call() {
    return call;
  }

  /** What the tool returned, or how it was undone; null if it threw. */
  public @Nullable String result() {
    return result;
  }
}
