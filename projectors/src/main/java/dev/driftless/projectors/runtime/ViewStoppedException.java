package dev.driftless.projectors.runtime;

/** A view that must not go on by itself; the message is one line that says why and what to do. */
public final class ViewStoppedException extends RuntimeException {

  private final boolean lost;

  ViewStoppedException(String message) {
    this(message, false);
  }

  /**
   * @param lost whether the view's position is not one of this log
   */
  ViewStoppedException(String message, boolean lost) {
    super(message);
    this.lost = lost;
  }

  /** Whether the view's position is not one of this log, so that the view is to be rebuilt. */
  public boolean isLost() {
    return lost;
  }
}
