package dev.driftless.bench.performance;

import dev.driftless.bench.performance.Comparison.Bound;
import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.reconciler.Lag;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How fast a view that waits for it takes in what becomes visible at once, the more it holds
 * already, beside the same when it holds least; and how the time that all of them take grows with
 * how many they are.
 */
final class Growth {

  private static final Bound SLOPE = new Bound(0.95, 1.1);

  /** What it takes in when it is measured is so many times the least that it holds. */
  private static final int MORE = 2;

  private final BenchServers servers;
  private final BenchPlan plan;
  private final String view;
  private final Rounds rounds;

  private Growth(BenchServers servers, BenchPlan plan, String view) {
    this.servers = servers;
    this.plan = plan;
    this.view = view;
    this.rounds = servers.rounds("growth", "events/s");
  }

  static List<Comparison> run(BenchServers servers, BenchPlan plan) throws Exception {
    List<Comparison> comparisons = new ArrayList<>();
    for (String view : plan.views()) {
      comparisons.addAll(new Growth(servers, plan, view).compare());
    }
    return comparisons;
  }

  private List<Comparison> compare() throws Exception {
    List<Integer> sizes = plan.sizes(view);
    List<Integer> larger = sizes.subList(1, sizes.size());
    int least = sizes.get(0);
    int more = MORE * least;
    // what is compiled on the way must not count as speed
    try (BenchLog log = servers.log(Map.of())) {
      log.append(plan.workload(view));
      double warm = ViewProgress.eventsPerSecond(log, view);
    }
    for (int round = 0; round < plan.rounds(); round++) {
      measure(List.of(least), more, 1);
    }
    measure(larger, more, plan.rounds());
    List<Comparison> comparisons = new ArrayList<>();
    larger.forEach(size -> comparisons.add(rounds.compare(from(size), from(least), null)));
    Rounds slopes = servers.rounds("growth", "");
    String slope = view + ": slope of time over events, log-log";
    for (int round = 0; round < plan.rounds(); round++) {
      slopes.add(slope, slope(round, more));
    }
    comparisons.add(slopes.alone(slope, SLOPE));
    return comparisons;
  }

  /** The slope of time over all sizes, in logarithms, by least squares: one less that of speed. */
  private double slope(int round, int more) {
    List<Integer> sizes = plan.sizes(view);
    List<Double> held = new ArrayList<>();
    List<Double> speed = new ArrayList<>();
    for (int size : sizes) {
      int before = size == sizes.get(0) ? 0 : round; // of the least, each round begins anew
      held.add(Math.log(size + (before + 0.5) * more));
      speed.add(Math.log(rounds.of(from(size)).get(round)));
    }
    double middle = held.stream().mapToDouble(x -> x).average().orElseThrow();
    double rise = 0;
    double run = 0;
    for (int i = 0; i < held.size(); i++) {
      rise += (held.get(i) - middle) * speed.get(i);
      run += (held.get(i) - middle) * (held.get(i) - middle);
    }
    return 1 - rise / run;
  }

  /** In a log of its own, so often at each of these sizes. */
  private void measure(List<Integer> sizes, int more, int times) throws Exception {
    Workload workload = new Workload(plan.seed(), plan.isEmbedded(view));
    try (BenchLog log = servers.log(Map.of());
        Lag lag = new Lag(log.config());
        ViewApplication keeping = ViewProgress.start(log, view)) {
      int held = 0;
      for (int size : sizes) {
        log.append(workload, size - held);
        ViewProgress.awaitAll(lag, view);
        for (int time = 0; time < times; time++) {
          rounds.add(from(size), ViewProgress.eventsPerSecond(log, lag, view, workload.next(more)));
        }
        held = size + times * more;
      }
    }
  }

  private String from(int size) {
    return "%s, from %,d events on".formatted(view, size);
  }
}
