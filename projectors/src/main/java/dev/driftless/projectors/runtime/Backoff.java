package dev.driftless.projectors.runtime;

import java.time.Duration;

/**
 * When to try again: at once after a success, then after twice as long each time, five seconds at
 * most. One thread.
 */
final class Backoff {

  private static final Duration FIRST = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofSeconds(5);

  private int failures;
  private long retryAtNanos;

  boolean waiting() {
    return failures > 0 && System.nanoTime() - retryAtNanos < 0;
  }

  /** Notes a failure and answers how many there were in a row. */
  int failed() {
    Duration wait = FIRST.multipliedBy(1L << Math.min(failures, 6));
    retryAtNanos = System.nanoTime() + (wait.compareTo(LONGEST) < 0 ? wait : LONGEST).toNanos();
    return ++failures;
  }

  /** Notes a success and answers how many failures were before it. */
  int succeeded() {
    int before = failures;
    failures = 0;
    return before;
  }
}
