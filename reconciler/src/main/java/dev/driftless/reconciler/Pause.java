package dev.driftless.reconciler;

import java.time.Duration;

/** Waiting, which ends what waits if it is interrupted. */
final class Pause {

  private Pause() {}

  static void of(Duration time) {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CannotTellException("interrupted");
    }
  }
}
