package dev.driftless.producer;

/**
 * The broker refuses what this client sends, for example for want of a permission: nothing was
 * written, and trying again is of no use before that is changed.
 */
public final class AppendRefusedException extends RuntimeException {

  AppendRefusedException(String message, Throwable cause) {
    super(message, cause);
  }
}
