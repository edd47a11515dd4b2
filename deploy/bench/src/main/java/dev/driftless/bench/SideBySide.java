package dev.driftless.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/** Workers with a thread each. */
public final class SideBySide {

  private SideBySide() {}

  /** One of many that are done by whoever comes first. */
  @FunctionalInterface
  public interface Step {

    /**
     * @param number of the step, from 0
     */
    void run(int number) throws Exception;
  }

  /**
   * Does steps that no other worker has taken, one after the other, until none is left.
   *
   * @param next that is to be taken, shared by the workers
   * @param steps how many there are
   * @return how long each took that was done here, in nanoseconds
   */
  public static List<Long> takeTurns(AtomicInteger next, int steps, Step step) throws Exception {
    List<Long> took = new ArrayList<>();
    for (int at = next.getAndIncrement(); at < steps; at = next.getAndIncrement()) {
      long began = System.nanoTime();
      step.run(at);
      took.add(System.nanoTime() - began);
    }
    return took;
  }

  /**
   * Returns what all of them give, when each has come to its end.
   *
   * @param work of each, by its number from 0
   * @throws ExecutionException if one fails; the others are interrupted
   */
  public static <T> List<T> run(int workers, IntFunction<Callable<List<T>>> work)
      throws ExecutionException, InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(workers);
    try {
      List<Future<List<T>>> working = new ArrayList<>();
      for (int worker = 0; worker < workers; worker++) {
        working.add(threads.submit(work.apply(worker)));
      }
      List<T> all = new ArrayList<>();
      for (Future<List<T>> worker : working) {
        all.addAll(worker.get());
      }
      return all;
    } finally {
      threads.shutdownNow();
    }
  }
}
