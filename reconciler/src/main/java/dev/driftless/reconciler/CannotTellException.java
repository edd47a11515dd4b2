package dev.driftless.reconciler;

/** It cannot be told now whether a view is right; the message says why, and what to do. */
public final class CannotTellException extends RuntimeException {

  public CannotTellException(String message) {
    super(message);
  }
}
