package dev.driftless.producer.journal;

import org.jspecify.annotations.Nullable;

/**
 * A tool call as the log tells it; {@code toString} hides its arguments and what came of it.
 *
 * @param id in its session; the same whenever the call is tried again, so fit to be the idempotency
 *     key of the tool behind it
 * @param arguments JSON text
 * @param result of a call that is completed, or was before it was undone
 * @param error of a call that failed
 * @param compensation of a call that is undone
 * @param agent who wrote the last event of it
 */
public record ToolCall(
    String id,
    String tool,
    String arguments,
    Status status,
    @Nullable String result,
    @Nullable String error,
    @Nullable String compensation,
    String agent) {

  /** What is known of a call. */
  public enum Status {
    /** It may have happened, and nobody recorded what came of it. */
    INTENDED,
    /** It happened. */
    COMPLETED,
    /** It did not happen, or in vain. */
    FAILED,
    /** It is undone. */
    COMPENSATED
  }

  static ToolCall intended(String id, String tool, String arguments, String agent) {
    return new ToolCall(id, tool, arguments, Status.INTENDED, null, null, null, agent);
  }

  ToolCall completed(String with) {
    return new ToolCall(id, tool, arguments, Status.COMPLETED, with, null, null, agent);
  }

  ToolCall failed(String with) {
    return new ToolCall(id, tool, arguments, Status.FAILED, result, with, null, agent);
  }

  ToolCall compensated(String with) {
    return new ToolCall(id, tool, arguments, Status.COMPENSATED, result, error, with, agent);
  }

  boolean is(Status other) {
    return status == other;
  }

  @Override
  public String toString() {
    return "ToolCall[%s %s %s]".formatted(id, tool, status);
  }
}
