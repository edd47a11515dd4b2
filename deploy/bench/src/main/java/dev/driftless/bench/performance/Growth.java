package dev.driftless.bench.performance;

import dev.driftless.bench.performance.Comparison.Bound;
import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.reconciler.Lag;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * How fast a view is the more it holds: the speed of the second half on the way to a size, beside
 * that at the smallest. Time that grows with the events to the power of 0.95 to 1.1 is a speed that
 * grows to the power of 0.05 to -0.1.
 */
final class Growth {

  private static final double MOST_POWER = 1.1;
  private static final double LEAST_POWER = 0.95;
  private static final Duration PATIENCE = Duration.ofMinutes(20);
  private static final long LOOK_NANOS = Duration.ofMillis(5).toNanos();

  private Growth() {}

  static List<Comparison> run(BenchServers servers, BenchPlan plan) throws Exception {
    List<Comparison> comparisons = new ArrayList<>();
    for (String view : plan.views()) {
      // what is compiled on the way must not count as speed
      try (BenchLog log = servers.log(Map.of())) {
        log.append(plan.workload(view));
        double warm = CatchUp.eventsPerSecond(log, view);
      }
      comparisons.addAll(measure(servers, plan, view));
    }
    return comparisons;
  }

  private static List<Comparison> measure(BenchServers servers, BenchPlan plan, String view) {
    List<Integer> sizes = plan.sizes(view);
    Rounds rounds = servers.rounds("growth", "events/s");
    try (BenchLog log = servers.log(Map.of());
        Lag lag = new Lag(log.config())) {
      log.append(new Workload(plan.seed(), plan.isEmbedded(view)), sizes.get(sizes.size() - 1));
      Reached start = new Reached(0, System.nanoTime());
      try (ViewApplication keeping = CatchUp.start(log, view)) {
        for (int size : sizes) {
          Reached half = await(lag, view, size / 2);
          Reached whole = await(lag, view, size);
          half = half.events == whole.events ? start : half; // one batch, or nobody looked between
          rounds.add(
              at(view, size), (whole.events - half.events) / ((whole.nanos - half.nanos) / 1e9));
        }
      }
    }
    List<Comparison> comparisons = new ArrayList<>();
    int last = sizes.get(sizes.size() - 1);
    for (int size : sizes.subList(1, sizes.size())) {
      Bound bound = size == last ? bound((double) size / sizes.get(0)) : null;
      comparisons.add(rounds.compare(at(view, size), at(view, sizes.get(0)), bound));
    }
    return comparisons;
  }

  /** Of the slope from the smallest size to the largest. */
  private static Bound bound(double factor) {
    return new Bound(Math.pow(factor, 1 - MOST_POWER), Math.pow(factor, 1 - LEAST_POWER));
  }

  private static String at(String view, int size) {
    return "%s, %,d events in it".formatted(view, size);
  }

  private record Reached(long events, long nanos) {}

  private static Reached await(Lag lag, String view, long events) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      long applied = CatchUp.applied(lag, view);
      if (applied >= events) {
        return new Reached(applied, System.nanoTime());
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "%s: %,d of %,d events after %s".formatted(view, applied, events, PATIENCE));
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }
}
