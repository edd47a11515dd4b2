package dev.driftless.producer.journal;

/**
 * Thrown by a tool that cannot tell whether the call happened, for example because no answer came
 * in time. Nothing is recorded then: the call stays open, as after a crash.
 */
public final class UnknownOutcomeException extends RuntimeException {

  /**
   * @param cause why it cannot be told
   */
  public UnknownOutcomeException(String message, Throwable cause) {
    super(message, cause);
  }
}
