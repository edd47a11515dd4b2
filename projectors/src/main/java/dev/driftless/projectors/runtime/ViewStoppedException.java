package dev.driftless.projectors.runtime;

/** A view that must not go on by itself; the message is one line that says why and what to do. */
public final class ViewStoppedException extends RuntimeException {

  ViewStoppedException(String message) {
    super(message);
  }
}
