package dev.driftless.projectors;

/** What a record of the log means for the views. */
public enum Disposition {
  /** An event that every view applies. */
  APPLY,
  /**
   * An event that was published before within the idempotency window: audited, otherwise ignored.
   */
  DUPLICATE,
  /** An event of a memory that was forgotten before: audited, otherwise ignored. */
  FORGOTTEN,
  /** Not an event, or not where it belongs: dead-lettered, and audited. */
  REFUSED
}
