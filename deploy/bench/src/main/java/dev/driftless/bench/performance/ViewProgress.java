package dev.driftless.bench.performance;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.app.Views;
import dev.driftless.projectors.runtime.RuntimeConfig;
import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.reconciler.Lag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** How fast views take in what is in the log already, or is seen at once. */
final class ViewProgress {

  private static final Duration STANDSTILL = Duration.ofMinutes(2);
  private static final Duration LOOK = Duration.ofMillis(20);

  private ViewProgress() {}

  /** Keeps a view; ends when it is closed. */
  static ViewApplication start(BenchLog log, String view) {
    return start(log, Views.open(view, log.config()), log.config().runtime());
  }

  /** Keeps the spare generation of a view; ends when it is closed. */
  static ViewApplication startSpare(BenchLog log, String view) {
    return start(log, Views.openSpare(view, log.config()), log.config().spareRuntime());
  }

  private static ViewApplication start(BenchLog log, Projector projector, RuntimeConfig runtime) {
    ViewApplication application =
        new ViewApplication(projector, log.registry(), runtime, new SimpleMeterRegistry());
    application.start();
    return application;
  }

  /**
   * Keeps views that are empty until each has all that is in the log.
   *
   * @return events a second, from the first that was seen to be there to the last of the slowest
   */
  static double eventsPerSecond(BenchLog log, Collection<String> views) {
    return keeping(log, views, lag -> eventsPerSecond(lag, views));
  }

  static double eventsPerSecond(BenchLog log, String view) {
    return eventsPerSecond(log, List.of(view));
  }

  /** As {@link #eventsPerSecond(BenchLog, String)}, of what somebody else keeps. */
  static double eventsPerSecond(Lag lag, String view) {
    return eventsPerSecond(lag, List.of(view));
  }

  /**
   * As {@link #eventsPerSecond(BenchLog, String)}, from when the view has its partitions: where the
   * first batches are a good part of everything, what other threads have done when the first is
   * seen would cost no time.
   */
  static double eventsPerSecondFromStart(BenchLog log, String view) {
    try (Lag lag = new Lag(log.config());
        ViewApplication application = start(log, view)) {
      while (!application.isRunning()) {
        if (application.stopped().isDone()) {
          throw application.stopped().join();
        }
        look();
      }
      long began = System.nanoTime();
      long first = applied(lag, view);
      awaitAll(lag, view);
      return (end(lag) - first) / seconds(began);
    }
  }

  /** What is done while views are kept. */
  @FunctionalInterface
  interface Run<E extends Exception> {
    double with(Lag lag) throws E;
  }

  /** Keeps views while something is done. */
  static <E extends Exception> double keeping(BenchLog log, Collection<String> views, Run<E> run)
      throws E {
    List<ViewApplication> applications = new ArrayList<>();
    try (Lag lag = new Lag(log.config())) {
      views.forEach(view -> applications.add(start(log, view)));
      return run.with(lag);
    } finally {
      ViewApplication.closeAll(applications);
    }
  }

  /**
   * How fast a view that has all that is in the log takes in events that are seen at once, from
   * when they are.
   */
  static double eventsPerSecond(BenchLog log, Lag lag, String view, List<MemoryEvent> events)
      throws Exception {
    long held = end(lag);
    long committed = log.appendAtOnce(events);
    // each partition has some of them, so its offset of the transaction's end too, which is
    // written only after commit has answered
    awaitAll(lag, List.of(view), held + events.size() + BenchLog.PARTITIONS);
    return events.size() / seconds(committed);
  }

  /** Returns when a view has all that is in the log. */
  static void awaitAll(Lag lag, String view) {
    awaitAll(lag, List.of(view));
  }

  /** Returns when each of these views has all that is in the log. */
  static void awaitAll(Lag lag, Collection<String> views) {
    awaitAll(lag, views, end(lag));
  }

  private static long end(Lag lag) {
    return lag.logEnds().values().stream().mapToLong(Long::longValue).sum();
  }

  private static double eventsPerSecond(Lag lag, Collection<String> views) {
    long end = end(lag);
    long began = System.nanoTime();
    long first = 0; // all at once: then what came before counts too
    long applied = awaitMore(lag, views, first);
    if (applied < views.size() * end) {
      first = applied;
      began = System.nanoTime();
    }
    awaitAll(lag, views, end);
    return (end - (double) first / views.size()) / seconds(began);
  }

  private static void awaitAll(Lag lag, Collection<String> views, long end) {
    for (long now = applied(lag, views); now < views.size() * end; ) {
      now = awaitMore(lag, views, now);
    }
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  /** How many events they have applied, all together, once it is more than this. */
  private static long awaitMore(Lag lag, Collection<String> views, long applied) {
    long deadline = System.nanoTime() + STANDSTILL.toNanos();
    while (true) {
      long now = applied(lag, views);
      if (now > applied) {
        return now;
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "%s: stands still at %,d events".formatted(String.join(",", views), applied));
      }
      look();
    }
  }

  private static void look() {
    LockSupport.parkNanos(LOOK.toNanos());
  }

  private static long applied(Lag lag, Collection<String> views) {
    return views.stream().mapToLong(view -> applied(lag, view)).sum();
  }

  /** How many events the view has applied. */
  static long applied(Lag lag, String view) {
    return lag.positions(view, BenchLog.PARTITION_NUMBERS).stream()
        .mapToLong(position -> position)
        .sum();
  }
}
