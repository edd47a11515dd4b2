package dev.driftless.bench.faults;

import java.util.Locale;

/** How actions are stored. */
public enum Way {
  /**
   * Six writes one after the other, each tried once; drivers that would repeat them are told not
   * to.
   */
  NAIVE,
  /**
   * The same, idempotent, and each tried up to five times with backoff; what was under way when the
   * process was killed is stored again.
   */
  CAREFUL,
  /**
   * The same as naive; where a write fails, it and those before it are undone, each tried up to
   * five times. What is to be undone is known in memory alone.
   */
  SAGA,
  /**
   * One append, repeated with the same event id, also of what was under way when the process was
   * killed; the projectors do the rest.
   */
  DRIFTLESS;

  /**
   * Whether an action that may have been stored can be stored again without harm, so that a process
   * which comes back begins with the one that its kill has cut short.
   */
  boolean isRepeatable() {
    return this == CAREFUL || this == DRIFTLESS;
  }

  /** In lower case, as for people. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }
}
