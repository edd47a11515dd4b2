package dev.driftless.bench.performance;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Does something so many times a second. */
final class Steady {

  private Steady() {}

  /** What is done. */
  @FunctionalInterface
  interface Action {

    /**
     * @param number of the time, from 0
     * @param due when it was to be, by {@link System#nanoTime}: how long something takes counts
     *     from then, or what a pause held up would look fast
     */
    void run(int number, long due);
  }

  /**
   * Returns when it was done so often; what came late is caught up with.
   *
   * @param action what
   */
  static void run(int aSecond, int times, Action action) {
    long began = System.nanoTime();
    for (int time = 0; time < times; time++) {
      long due = began + time * TimeUnit.SECONDS.toNanos(1) / aSecond;
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      action.run(time, due);
    }
  }
}
