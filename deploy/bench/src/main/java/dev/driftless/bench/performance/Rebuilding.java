package dev.driftless.bench.performance;

import dev.driftless.bench.performance.Comparison.Bound;
import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.app.Views;
import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.reconciler.Lag;
import dev.driftless.reconciler.Rebuild;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A view filled anew beside itself, beside the same view as it was filled first. */
final class Rebuilding {

  private static final String FIRST = "catching up";

  private Rebuilding() {}

  static List<Comparison> run(BenchServers servers, BenchPlan plan) throws Exception {
    List<Comparison> comparisons = new ArrayList<>();
    for (String view : plan.views()) {
      if (!Views.withGenerations().contains(view)) {
        continue; // the cache is written anew in place
      }
      List<MemoryEvent> events = plan.workload(view);
      String ours = "rebuilding " + view;
      Rounds rounds = servers.rounds("rebuild", "events/s");
      try (BenchLog log = servers.log(Map.of())) {
        log.append(events);
        double warm = ViewProgress.eventsPerSecond(log, view); // or the second would be faster
      }
      for (int round = 0; round < plan.rounds(); round++) {
        try (BenchLog log = servers.log(Map.of());
            Lag shown = new Lag(log.config());
            Lag spare = Lag.ofSpares(log.config());
            Rebuild rebuild = new Rebuild(log.config(), view, line -> {})) {
          log.append(events);
          try (ViewApplication keeping = ViewProgress.start(log, view)) {
            rounds.add(FIRST, ViewProgress.eventsPerSecond(shown, view));
            rebuild.prepare();
            try (ViewApplication filling = ViewProgress.startSpare(log, view)) {
              rounds.add(ours, ViewProgress.eventsPerSecond(spare, view));
            }
          }
        }
      }
      comparisons.add(rounds.compare(ours, FIRST, Bound.atLeast(0.9)));
    }
    return comparisons;
  }
}
