package dev.driftless.bench.performance;

import dev.driftless.bench.SideBySide;
import dev.driftless.bench.faults.NaiveAgents;
import dev.driftless.bench.performance.Comparison.Bound;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.producer.MemoryLog;
import dev.driftless.projectors.app.Views;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Agents that wait for their appends, beside agents that write six times: with nobody else at work,
 * and while all five views take in what is appended. And all five views taking in a log that is
 * there, beside the same agents and beside each view alone.
 */
final class AllViews {

  private static final int AGENTS = 8;

  /** Of the events; they come before what is measured. */
  private static final int WARM_UP = 1_000;

  private static final String PART = "all";
  private static final String NAIVE = "six writes an action, 8 agents";
  private static final String NAIVE_P99 = "six writes, p99";
  private static final String ALL = "all five views catching up";
  private static final String SLOWEST = "the slowest of them alone";
  private static final String APPENDS = "one append an action, 8 agents";
  private static final String APPENDS_BESIDE_VIEWS =
      "one append an action, 8 agents, until all views have it";
  private static final String P99 = "one append, 8 agents, p99";
  private static final String P99_BESIDE_VIEWS = "one append, beside all views, 8 agents, p99";

  private final BenchServers servers;
  private final List<MemoryEvent> events;
  private final List<MemoryEvent> actions;
  private final List<NaiveAgents.Memory> memories;
  private final Rounds speed;
  private final Rounds latency;

  private AllViews(BenchServers servers, BenchPlan plan) {
    this.servers = servers;
    this.events = plan.workload("vector");
    this.actions =
        events.stream()
            .skip(WARM_UP)
            .filter(event -> event.getPayload() instanceof MemoryRecorded) // in any order
            .limit(plan.events() / 20)
            .toList();
    this.memories = Workload.memories(events).limit(plan.events() / 50).toList();
    this.speed = servers.rounds(PART, "events/s");
    this.latency = servers.rounds(PART, "ms");
  }

  static List<Comparison> run(BenchServers servers, BenchPlan plan) throws Exception {
    AllViews measuring = new AllViews(servers, plan);
    for (int round = 0; round < plan.rounds(); round++) {
      measuring.writeSixTimes();
      measuring.append();
      measuring.appendBesideViews();
      measuring.catchUp();
    }
    return measuring.comparisons();
  }

  private List<Comparison> comparisons() {
    Bound third = Bound.atMost(1.0 / 3);
    return List.of(
        speed.compare(ALL, NAIVE, Bound.atLeast(3)),
        speed.compare(APPENDS_BESIDE_VIEWS, NAIVE, Bound.atLeast(3)),
        speed.compare(APPENDS, NAIVE, null),
        speed.compare(ALL, SLOWEST, null),
        latency.compare(P99, NAIVE_P99, third),
        latency.compare(P99_BESIDE_VIEWS, NAIVE_P99, third));
  }

  private void writeSixTimes() throws Exception {
    List<Long> took = servers.naive().store(memories, AGENTS);
    speed.add(NAIVE, perSecond(took));
    latency.add(NAIVE_P99, Percentiles.of(took).millis(99));
  }

  private void append() throws Exception {
    try (BenchLog to = servers.log(Map.of());
        MemoryLog log = to.open()) {
      BenchLog.append(log, events.subList(0, WARM_UP));
      List<Long> took = append(log);
      speed.add(APPENDS, perSecond(took));
      latency.add(P99, Percentiles.of(took).millis(99));
    }
  }

  private void appendBesideViews() throws Exception {
    try (BenchLog to = servers.logWithoutSearchIndex();
        MemoryLog log = to.open()) {
      double appends =
          ViewProgress.keeping(
              to,
              Views.names(),
              lag -> {
                BenchLog.append(log, events.subList(0, WARM_UP));
                ViewProgress.awaitAll(lag, Views.names());
                long began = System.nanoTime();
                List<Long> took = append(log);
                ViewProgress.awaitAll(lag, Views.names());
                double seconds = (System.nanoTime() - began) / 1e9;
                latency.add(P99_BESIDE_VIEWS, Percentiles.of(took).millis(99));
                return actions.size() / seconds;
              });
      speed.add(APPENDS_BESIDE_VIEWS, appends);
    }
  }

  /** Each agent begins the next when one is done. */
  private static double perSecond(List<Long> tookNanos) {
    double secondsEach = tookNanos.stream().mapToLong(x -> x).sum() / 1e9 / AGENTS;
    return tookNanos.size() / secondsEach;
  }

  /** Each agent waits for each of its appends; answers how long each took, in nanoseconds. */
  private List<Long> append(MemoryLog log) throws ExecutionException, InterruptedException {
    AtomicInteger next = new AtomicInteger();
    return SideBySide.run(
        AGENTS,
        agent ->
            () ->
                SideBySide.takeTurns(
                    next,
                    actions.size(),
                    at -> {
                      var receipt = log.append(actions.get(at));
                    }));
  }

  private void catchUp() throws Exception {
    try (BenchLog log = servers.logWithoutSearchIndex()) {
      log.append(events);
      speed.add(ALL, ViewProgress.eventsPerSecond(log, Views.names()));
    }
    try (BenchLog log = servers.logWithoutSearchIndex()) {
      log.append(events);
      double slowest = Double.MAX_VALUE;
      for (String view : Views.names()) {
        slowest = Math.min(slowest, ViewProgress.eventsPerSecond(log, view));
      }
      speed.add(SLOWEST, slowest);
    }
  }
}
