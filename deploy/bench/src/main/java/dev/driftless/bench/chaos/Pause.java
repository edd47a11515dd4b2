package dev.driftless.bench.chaos;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waiting for time to pass, or for something to happen. */
final class Pause {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration POLL = Duration.ofMillis(200);

  private Pause() {}

  /**
   * Returns when it is so.
   *
   * @throws IllegalStateException if it is not for two minutes
   */
  static void until(String what, BooleanSupplier isSo) {
    long began = System.nanoTime();
    while (!isSo.getAsBoolean()) {
      if (System.nanoTime() - began > PATIENCE.toNanos()) {
        throw new IllegalStateException(
            "waited two minutes in vain until %s: look at the projectors' logs".formatted(what));
      }
      of(POLL);
    }
  }

  static void of(Duration time) {
    try {
      Thread.sleep(time.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
