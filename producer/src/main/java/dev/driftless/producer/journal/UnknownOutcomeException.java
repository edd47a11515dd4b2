package dev.driftless.producer.journal;

import java.io.InterruptedIOException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.TimeoutException;

/**
 * Thrown by a tool that cannot tell whether the call happened, for example because no answer came
 * in time. Nothing is recorded then: the call stays open, as after a crash.
 */
public final class UnknownOutcomeException extends RuntimeException {

  /** Deeper than causes go, unless they go in a circle. */
  private static final int MAX_CAUSES = 100;

  /**
   * @param cause why it cannot be told
   */
  public UnknownOutcomeException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Whether a tool that threw this may have done what it was to do. */
  static boolean isToldBy(Exception thrown) {
    Throwable cause = thrown;
    for (int i = 0; cause != null && i < MAX_CAUSES; i++) {
      if (cause instanceof UnknownOutcomeException
          || cause instanceof InterruptedException
          || cause instanceof InterruptedIOException
          || cause instanceof ClosedByInterruptException
          || cause instanceof HttpTimeoutException
          || cause instanceof TimeoutException) {
        return true;
      }
      cause = cause.getCause();
    }
    return false;
  }
}
