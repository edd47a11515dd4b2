package dev.driftless.bench.performance;

import dev.driftless.bench.performance.Comparison.Bound;
import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.reconciler.Divergence;
import dev.driftless.reconciler.Lag;
import dev.driftless.reconciler.Reconciler;
import dev.driftless.reconciler.ViewReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A check of what changed, beside one of everything. */
final class Reconciling {

  /** Of so many events one is new. */
  private static final int CHANGED = 200;

  private Reconciling() {}

  static List<Comparison> run(BenchServers servers, BenchPlan plan) throws Exception {
    List<Comparison> comparisons = new ArrayList<>();
    for (String view : plan.views()) {
      comparisons.addAll(measure(servers, plan, view));
    }
    return comparisons;
  }

  private static List<Comparison> measure(BenchServers servers, BenchPlan plan, String view) {
    List<MemoryEvent> events = plan.workload(view);
    int changed = events.size() / CHANGED;
    Workload changes = new Workload(plan.seed() + 1, plan.isEmbedded(view));
    Rounds rounds = servers.rounds("reconcile", "s");
    String everything = "a full scan of " + view;
    String nothing = "a check of %s, nothing changed".formatted(view);
    String some = "a check of %s, %,d of %,d changed".formatted(view, changed, events.size());
    try (BenchLog log = servers.log(Map.of());
        Lag lag = new Lag(log.config());
        Reconciler reconciler =
            Reconciler.open(
                log.config(), "bench", servers.directory(view + "-reconciler"), line -> {});
        ViewApplication keeping = ViewProgress.start(log, view)) {
      log.append(events);
      ViewProgress.awaitAll(lag, view);
      double unused = check(reconciler, view, true); // waits for its copy of the log
      for (int round = 0; round < plan.rounds(); round++) {
        rounds.add(everything, check(reconciler, view, true));
        rounds.add(nothing, check(reconciler, view, false));
        log.append(changes.next(changed));
        ViewProgress.awaitAll(lag, view);
        rounds.add(some, check(reconciler, view, false));
      }
    }
    return List.of(
        rounds.compare(nothing, everything, Bound.atMost(0.05)),
        rounds.compare(some, everything, Bound.atMost(0.05)));
  }

  /** How many seconds it took. */
  private static double check(Reconciler reconciler, String view, boolean deep) {
    ViewReport report = reconciler.check(List.of(view), deep).views().get(0);
    if (!report.isClean()) {
      List<Divergence> some = report.divergences().stream().limit(3).toList();
      throw new IllegalStateException(
          report.unknown() == null
              ? "%s is not as the log says: %,d divergences, %s"
                  .formatted(view, report.divergenceCount(), some)
              : "%s: %s".formatted(view, report.unknown()));
    }
    return report.took().toNanos() / 1e9;
  }
}
