package dev.driftless.bench.performance;

import dev.driftless.bench.performance.Comparison.Bound;
import dev.driftless.events.MemoryEvent;
import java.net.URI;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Each view taking in a log that is there already, beside what its store takes in at most: the same
 * rows, scripts or points, ready in memory.
 */
final class CatchingUp {

  private static final String OURS = "catching up";

  private final BenchServers servers;
  private final BenchPlan plan;
  private final String view;
  private final List<Beside> besides = new ArrayList<>();
  private Runnable beforeEach = () -> {};

  private CatchingUp(BenchServers servers, BenchPlan plan, String view) {
    this.servers = servers;
    this.plan = plan;
    this.view = view;
  }

  @FunctionalInterface
  private interface Run {
    double eventsPerSecond() throws Exception;
  }

  /** What is done in each round beside us, and what must hold of us beside it. */
  private record Beside(String what, Run run, @Nullable Bound bound) {}

  /** A view in PostgreSQL. */
  static Part inPostgres(String view) {
    return (servers, plan) -> new CatchingUp(servers, plan, view).inPostgres();
  }

  static List<Comparison> cache(BenchServers servers, BenchPlan plan) throws Exception {
    return new CatchingUp(servers, plan, "cache").cache();
  }

  /** With vectors that the events bring. */
  static List<Comparison> vector(BenchServers servers, BenchPlan plan) throws Exception {
    return new CatchingUp(servers, plan, "vector").vector();
  }

  private List<Comparison> inPostgres() throws Exception {
    List<MemoryEvent> events = plan.workload(view);
    try (BenchLog log = servers.log(Map.of())) {
      PostgresRecording recording = recording(log);
      fill(log, events);
      PostgresCeiling ceiling = PostgresCeiling.of(recording, events.size());
      recording.end();
      add("ready rows, as many connections", ceiling::eventsPerSecondOfSeveral, Bound.atLeast(0.6));
      add("ready rows, one connection", ceiling::eventsPerSecond, null);
      if (view.equals("relational")) {
        ConnectPeer connect = ConnectPeer.of(servers, log, events.size());
        add("Kafka Connect, Debezium's JDBC sink", connect::eventsPerSecond, Bound.atLeast(3));
        add("the same, large batches, reduction buffer", connect::eventsPerSecondTuned, null);
      }
    }
    return compare(events);
  }

  private PostgresRecording recording(BenchLog log) throws SQLException {
    log.makeEmpty(view);
    return PostgresRecording.start(log.postgres(view), log.schema(view));
  }

  private List<Comparison> cache() throws Exception {
    List<MemoryEvent> events = plan.workload(view);
    String url = servers.addresses().redisUrl();
    URI redis = URI.create(url);
    try (RedisRecording recording = RedisRecording.before(redis.getHost(), redis.getPort());
        BenchLog log =
            servers.log(
                Map.of(
                    "REDIS_URL",
                    "redis://127.0.0.1:" + recording.port(),
                    "DRIFTLESS_THREADS", // or the scripts of two would be one pipeline
                    "1"))) {
      fill(log, events);
      RedisCeiling ceiling = RedisCeiling.of(recording.commands(), events.size());
      add(
          "ready scripts, as many connections",
          () -> ceiling.eventsPerSecondOfTwo(url),
          Bound.atLeast(0.6));
      add("ready scripts, one connection", () -> ceiling.eventsPerSecond(url), null);
      add("one command an event", () -> RedisCeiling.oneByOne(url, events), null);
    }
    beforeEach = () -> RedisCeiling.makeEmpty(url);
    RedisCeiling.rewriting(url, false);
    try {
      return compare(events);
    } finally {
      RedisCeiling.rewriting(url, true);
    }
  }

  private List<Comparison> vector() throws Exception {
    List<MemoryEvent> events = plan.workload(view);
    try (BenchLog log = servers.log(Map.of())) {
      fill(log, events);
      QdrantCeiling ceiling =
          QdrantCeiling.of(servers.addresses().qdrantGrpc(), log.collection(), events.size());
      int threads = log.config().reading().threads();
      add(
          "ready points, as many connections",
          () -> ceiling.eventsPerSecond(threads),
          Bound.atLeast(0.7));
      add("ready points, one connection", () -> ceiling.eventsPerSecond(1), null);
      add("one point a call", ceiling::oneByOne, null);
    }
    return compare(events);
  }

  private void add(String beside, Run run, @Nullable Bound bound) {
    besides.add(new Beside(beside, run, bound));
  }

  /** In each round one after the other, so that what else the machine does meets all of them. */
  private List<Comparison> compare(List<MemoryEvent> events) throws Exception {
    Rounds rounds = servers.rounds(view, "events/s");
    for (int round = 0; round < plan.rounds(); round++) {
      beforeEach.run();
      try (BenchLog log = servers.log(Map.of())) {
        rounds.add(OURS, fill(log, events));
      }
      for (Beside beside : besides) {
        beforeEach.run();
        rounds.add(beside.what, beside.run.eventsPerSecond());
      }
    }
    return besides.stream().map(b -> rounds.compare(OURS, b.what, b.bound)).toList();
  }

  private double fill(BenchLog log, List<MemoryEvent> events) throws Exception {
    if (plan.isEmbedded(view)) {
      var made = log.withoutSearchIndex();
    }
    log.append(events);
    return ViewProgress.eventsPerSecond(log, view);
  }
}
