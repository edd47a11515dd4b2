package dev.driftless.producer;

/** The brokers gave no answer; the same call may succeed later. */
public final class LogUnavailableException extends RuntimeException {

  LogUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
