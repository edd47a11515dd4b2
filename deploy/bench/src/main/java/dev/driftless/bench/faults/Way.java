package dev.driftless.bench.faults;

import java.util.Locale;

/** How actions are stored. */
public enum Way {
  /**
   * Six writes one after the other, each tried once; drivers that would repeat them are told not
   * to.
   */
  NAIVE,
  /** The same, idempotent, and each tried up to five times with backoff. */
  CAREFUL,
  /**
   * The same as naive; where a write fails, it and those before it are undone, each tried up to
   * five times. What is to be undone is known in memory alone.
   */
  SAGA,
  /** One append, repeated with the same event id; the projectors do the rest. */
  DRIFTLESS;

  /** In lower case, as for people. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
