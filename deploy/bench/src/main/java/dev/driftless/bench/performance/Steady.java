package dev.driftless.bench.performance;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;

/** Does something so many times a second. */
final class Steady {

  private Steady() {}

  /**
   * Returns when it was done so often; what came late is caught up with.
   *
   * @param action is given the number of the time, from 0
   */
  static void run(int aSecond, int times, IntConsumer action) {
    long began = System.nanoTime();
    for (int time = 0; time < times; time++) {
      long due = began + time * TimeUnit.SECONDS.toNanos(1) / aSecond;
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      action.accept(time);
    }
  }
}
