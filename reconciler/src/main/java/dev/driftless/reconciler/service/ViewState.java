package dev.driftless.reconciler.service;

/** How a view is, the worst first. */
enum ViewState {
  /** It has events to apply, and its position has not moved for long. */
  STUCK,
  /** Its store has not answered for long. */
  AWAY,
  /** Its last check found that it is otherwise than the log says. */
  DIVERGED,
  /** It lost what it had, or is further behind than it may. */
  BEHIND,
  /** Its last check could not tell. */
  UNKNOWN,
  /** It has not been checked yet. */
  UNCHECKED,
  /** It is meant to wait. */
  PAUSED,
  /** All is well. */
  OK
}
