package dev.driftless.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;

/** Workers with a thread each. */
public final class SideBySide {

  private SideBySide() {}

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
