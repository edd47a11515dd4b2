package dev.driftless.producer.journal;

import org.jspecify.annotations.Nullable;

/**
 * The tool, or what undoes it, <b>ran</b>, and what came of it could not be appended to the log:
 * the call stays open, unless the append that failed was written after all. The cause is the
 * append's; what the tool itself threw, if it did, is suppressed.
 */
public final class OutcomeNotRecordedException extends RuntimeException {

  private final String toolCallId;
  private final @Nullable String result;

  OutcomeNotRecordedException(
      String what, String toolCallId, @Nullable String result, RuntimeException cause) {
    super(
        "%s ran (call %s), and its outcome could not be recorded, so the call stays open: %s"
            .formatted(what, toolCallId, cause.getMessage()),
        cause);
    this.toolCallId = toolCallId;
    this.result = result;
  }

  /** The call that stays open. */
  public String toolCallId() {
    return toolCallId;
  }

  /** What the tool returned; null if it threw. */
  public @Nullable String result() {
    return result;
  }
}
