package dev.driftless.producer;

/**
 * The log did not acknowledge the event in time. Whether it was written is said by {@link
 * #mayBeWritten}; in either case it is safe to append the same event again, with the same {@code
 * eventId}.
 */
public final class AppendTimeoutException extends RuntimeException {

  private final boolean mayBeWritten;

  AppendTimeoutException(String message, boolean mayBeWritten, Throwable cause) {
    super(message, cause);
    this.mayBeWritten = mayBeWritten;
  }

  /** False if the event certainly is not in the log, true if nobody knows. */
  public boolean mayBeWritten() {
    return mayBeWritten;
  }
}
