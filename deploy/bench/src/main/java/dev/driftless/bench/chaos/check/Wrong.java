package dev.driftless.bench.chaos.check;

/** How the log or a view can be wrong. */
public enum Wrong {
  /** Acknowledged and not in the log, or in the log and not in the view. */
  LOST,
  /** Done twice: counted twice, listed twice, or more often in the log than it was appended. */
  DUPLICATED,
  /** The view shows an event before the last one. */
  STALE,
  /** The right things of a subject in another order. */
  REORDERED,
  /** The view has something that the log does not say. */
  PHANTOM,
  /** The right event with another content. */
  CORRUPT
}
