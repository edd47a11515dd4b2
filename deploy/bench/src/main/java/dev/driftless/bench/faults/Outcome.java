package dev.driftless.bench.faults;

/** What an agent knows of an action of its own. */
enum Outcome {
  /** It was told that it is stored. */
  ACKNOWLEDGED,
  /** It was told that it failed. */
  REFUSED,
  /** The process was killed meanwhile, and does not try again: it was told nothing. */
  CUT_SHORT
}
