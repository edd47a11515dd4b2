package dev.driftless.bench.performance;

import dev.driftless.bench.SideBySide;
import dev.driftless.bench.faults.NaiveAgents;
import dev.driftless.bench.performance.Comparison.Bound;
import dev.driftless.events.MemoryEvent;
import dev.driftless.producer.MemoryLog;
import dev.driftless.projectors.app.Views;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * All five views at once, and agents that wait for their appends, beside agents that write six
 * times.
 */
final class AllViews {

  private static final int AGENTS = 8;
  private static final String PART = "all";
  private static final String OURS = "all five views catching up";
  private static final String SLOWEST = "the slowest of them alone";
  private static final String NAIVE = "six writes an action, 8 agents";
  private static final String PUBLISH = "publish, 8 agents, p99";
  private static final String NAIVE_P99 = "six writes, p99";

  private AllViews() {}

  static List<Comparison> run(BenchServers servers, BenchPlan plan) throws Exception {
    List<MemoryEvent> events = plan.workload("vector");
    List<NaiveAgents.Memory> memories =
        Workload.memories(events).limit(plan.events() / 50).toList();
    Rounds speed = servers.rounds(PART, "events/s");
    Rounds latency = servers.rounds(PART, "ms");
    for (int round = 0; round < plan.rounds(); round++) {
      NaiveAgents naive = servers.naive();
      long began = System.nanoTime();
      List<Long> took = naive.store(memories, AGENTS);
      speed.add(NAIVE, memories.size() / ((System.nanoTime() - began) / 1e9));
      latency.add(NAIVE_P99, Percentiles.of(took).millis(99));
      try (BenchLog log = servers.log(Map.of())) {
        latency.add(PUBLISH, Percentiles.of(publish(log, events)).millis(99));
        speed.add(OURS, CatchUp.eventsPerSecond(log, Views.names()));
      }
      double slowest = Double.MAX_VALUE;
      try (BenchLog log = servers.log(Map.of())) {
        log.append(events);
        for (String view : Views.names()) {
          slowest = Math.min(slowest, CatchUp.eventsPerSecond(log, view));
        }
      }
      speed.add(SLOWEST, slowest);
    }
    return List.of(
        speed.compare(OURS, SLOWEST, null),
        speed.compare(OURS, NAIVE, Bound.atLeast(3)),
        latency.compare(PUBLISH, NAIVE_P99, Bound.atMost(1.0 / 3)));
  }

  /** Each agent waits for each of its appends; answers how long each took, in nanoseconds. */
  private static List<Long> publish(BenchLog to, List<MemoryEvent> events) throws Exception {
    try (MemoryLog log = to.open()) {
      return SideBySide.run(AGENTS, agent -> () -> publish(log, events, agent));
    }
  }

  private static List<Long> publish(MemoryLog log, List<MemoryEvent> events, int agent) {
    List<Long> took = new ArrayList<>();
    for (MemoryEvent event : events) {
      // a subject's events in their order
      if (Math.floorMod(event.getSubject().hashCode(), AGENTS) == agent) {
        long began = System.nanoTime();
        var receipt = log.append(event);
        took.add(System.nanoTime() - began);
      }
    }
    return took;
  }
}
