package dev.driftless.cli;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** Something that is done again and again, until this is closed. */
record Load(AtomicBoolean isOver, CompletableFuture<Void> running) implements AutoCloseable {

  /**
   * @param pause after each time: the machine has what is tested to do as well
   */
  static Load of(Runnable step, Duration pause) {
    AtomicBoolean isOver = new AtomicBoolean();
    Runnable steps =
        () -> {
          while (!isOver.get()) {
            step.run();
            LockSupport.parkNanos(pause.toNanos());
          }
        };
    return new Load(isOver, CompletableFuture.runAsync(steps));
  }

  /** Returns once the last step is done; throws if one failed. */
  @Override
  public void close() {
    isOver.set(true);
    running.join();
  }
}
