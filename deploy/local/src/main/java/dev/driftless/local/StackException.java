package dev.driftless.local;

import org.jspecify.annotations.Nullable;

/**
 * The stack could not do what it was asked. The message is one line that says what is wrong, where,
 * and what to do about it: fit for showing to a user without a stack trace.
 */
public final class StackException extends RuntimeException {
  StackException(String message) {
    this(message, null);
  }

  StackException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
