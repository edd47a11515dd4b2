package dev.driftless.bench.performance;

import dev.driftless.bench.performance.Comparison.Bound;
import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.reconciler.Lag;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How fast a view that waits for it takes in what becomes visible at once, the more it holds
 * already, beside the same when it holds least. Time that grows with the events to the power of
 * 0.95 to 1.1 is a speed that grows to the power of 0.05 to -0.1.
 */
final class Growth {

  private static final double MOST_POWER = 1.1;
  private static final double LEAST_POWER = 0.95;

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
      double warm = CatchUp.eventsPerSecond(log, view);
    }
    for (int round = 0; round < plan.rounds(); round++) {
      measure(List.of(least), more, 1);
    }
    measure(larger, more, plan.rounds());
    int last = sizes.get(sizes.size() - 1);
    double factor = (last + plan.rounds() * more / 2.0) / (least + more / 2.0);
    return larger.stream()
        .map(size -> rounds.compare(from(size), from(least), size == last ? bound(factor) : null))
        .toList();
  }

  /** In a log of its own, so often at each of these sizes. */
  private void measure(List<Integer> sizes, int more, int times) throws Exception {
    Workload workload = new Workload(plan.seed(), plan.isEmbedded(view));
    try (BenchLog log = servers.log(Map.of());
        Lag lag = new Lag(log.config());
        ViewApplication keeping = CatchUp.start(log, view)) {
      int held = 0;
      for (int size : sizes) {
        log.append(workload, size - held);
        CatchUp.awaitAll(lag, view);
        for (int time = 0; time < times; time++) {
          rounds.add(from(size), CatchUp.eventsPerSecond(log, lag, view, workload.next(more)));
        }
        held = size + times * more;
      }
    }
  }

  /** Of the slope of time, if a view holds so many times as much. */
  private static Bound bound(double factor) {
    return new Bound(Math.pow(factor, 1 - MOST_POWER), Math.pow(factor, 1 - LEAST_POWER));
  }

  private String from(int size) {
    return "%s, from %,d events on".formatted(view, size);
  }
}
