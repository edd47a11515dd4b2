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
final class CatchUp {

  private static final Duration STANDSTILL = Duration.ofMinutes(2);
  private static final Duration LOOK = Duration.ofMillis(20);

  private CatchUp() {}

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
    List<ViewApplication> applications = new ArrayList<>();
    try (Lag lag = new Lag(log.config())) {
      views.forEach(view -> applications.add(start(log, view)));
      return await(lag, views);
    } finally {
      ViewApplication.closeAll(applications);
    }
  }

  static double eventsPerSecond(BenchLog log, String view) {
    return eventsPerSecond(log, List.of(view));
  }

  /** As {@link #eventsPerSecond}, of what somebody else keeps. */
  static double await(Lag lag, Collection<String> views) {
    return await(lag, views, 0, end(lag));
  }

  /** How fast a view that has all that is in the log takes in events that are seen at once. */
  static double eventsPerSecond(BenchLog log, Lag lag, String view, List<MemoryEvent> events)
      throws Exception {
    long held = end(lag);
    log.appendAtOnce(events);
    // each partition has some of them, so its offset of the transaction's end too, which is
    // written only after commit has answered
    return await(lag, List.of(view), held, held + events.size() + BenchLog.PARTITIONS);
  }

  /** Returns when a view has all that is in the log. */
  static void awaitAll(Lag lag, String view) {
    awaitAll(lag, List.of(view), applied(lag, view), end(lag));
  }

  private static long end(Lag lag) {
    return lag.logEnds().values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * @param held where the log ended before what is measured was appended
   * @param logEnd where it ends
   */
  private static double await(Lag lag, Collection<String> views, long held, long logEnd) {
    long end = views.size() * logEnd;
    long began = System.nanoTime();
    long first = views.size() * held; // all at once: then what came before counts too
    long applied = awaitMore(lag, views, first);
    if (applied < end) {
      first = applied;
      began = System.nanoTime();
    }
    awaitAll(lag, views, applied, end);
    return (double) (end - first) / views.size() / ((System.nanoTime() - began) / 1e9);
  }

  private static void awaitAll(Lag lag, Collection<String> views, long applied, long end) {
    for (long now = applied; now < end; ) {
      now = awaitMore(lag, views, now);
    }
  }

  /** How many events they have applied, all together, once it is more than this. */
  private static long awaitMore(Lag lag, Collection<String> views, long applied) {
    long deadline = System.nanoTime() + STANDSTILL.toNanos();
    while (true) {
      long now = views.stream().mapToLong(view -> applied(lag, view)).sum();
      if (now > applied) {
        return now;
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "%s: stands still at %,d events".formatted(String.join(",", views), applied));
      }
      LockSupport.parkNanos(LOOK.toNanos());
    }
  }

  /** How many events the view has applied. */
  static long applied(Lag lag, String view) {
    return lag.positions(view, BenchLog.PARTITION_NUMBERS).stream()
        .mapToLong(position -> position)
        .sum();
  }
}
