package dev.driftless.reconciler.service;

import dev.driftless.reconciler.ViewLag.PartitionLag;
import java.time.Duration;
import java.time.Instant;

/**
 * How a view got on in one partition.
 *
 * @param highest the furthest position seen
 * @param position the last one
 * @param movedAt when the position moved last, or was where it had to be
 * @param seenAt when it was read last
 */
record Progression(long highest, long position, Instant movedAt, Instant seenAt) {

  static Progression of(PartitionLag at, Instant now) {
    return new Progression(at.position(), at.position(), now, now);
  }

  /**
   * @param waits whether the view is paused, so that it need not move
   */
  Progression next(PartitionLag at, boolean waits, Instant now) {
    boolean moved = waits || at.events() == 0 || at.position() != position;
    return new Progression(
        Math.max(highest, at.position()), at.position(), moved ? now : movedAt, now);
  }

  /** How long it has not moved though it should have. */
  Duration standstill() {
    return Duration.between(movedAt, seenAt);
  }

  /** Whether the store lost what it had acknowledged, and has not got it back yet. */
  boolean wentBack() {
    return position < highest;
  }
}
