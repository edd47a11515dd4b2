package dev.driftless.reconciler;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How far a repair may go.
 *
 * @param maxPercent of a view's entities, 0 to 100: if more than this differ, nothing is repaired,
 *     for then something else is wrong
 * @param exports directory for what is about to be replaced or deleted
 * @param patience how long to wait for the projectors
 */
public record RepairLimits(double maxPercent, Path exports, Duration patience) {

  public RepairLimits {
    if (!(maxPercent >= 0 && maxPercent <= 100)) {
      throw new IllegalArgumentException("maxPercent: expected 0 to 100, found " + maxPercent);
    }
  }
}
