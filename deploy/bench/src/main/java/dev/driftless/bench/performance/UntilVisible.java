package dev.driftless.bench.performance;

import dev.driftless.bench.faults.NaiveAgents;
import dev.driftless.bench.faults.Store;
import dev.driftless.bench.performance.Comparison.Bound;
import dev.driftless.events.MemoryEvent;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.Receipt;
import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.reconciler.Lag;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * How long an event takes from being published until its view's store shows it, under a steady
 * load, beside the way of its bytes through Kafka and one write of that store.
 *
 * <p>A store shows an event when the position that it holds is past it. That is read again and
 * again, and counts from when the event was to be published until the answer was there: the figure
 * is never too small.
 */
final class UntilVisible {

  private static final int EVENTS_PER_SECOND = 500;
  private static final int SINGLE_WRITES = 500;
  private static final long PATIENCE_SECONDS = 60;
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final Map<Integer, Bound> BOUNDS =
      Map.of(50, Bound.atMost(3), 99, Bound.atMost(10));
  private static final List<Integer> PERCENTS = BOUNDS.keySet().stream().sorted().toList();

  private final Rounds rounds;
  private final BenchServers servers;
  private final List<String> views;

  /** How many events come first, at the same pace, and are not counted. */
  private final int warmUp;

  private final List<MemoryEvent> events;
  private final List<NaiveAgents.Memory> memories;

  private UntilVisible(BenchServers servers, BenchPlan plan) {
    this.servers = servers;
    this.views = plan.views();
    this.warmUp = EVENTS_PER_SECOND * plan.seconds();
    this.rounds = servers.rounds("visible", "ms");
    this.events = new Workload(plan.seed(), true).next(warmUp + EVENTS_PER_SECOND * plan.seconds());
    this.memories = Workload.memories(events).limit(SINGLE_WRITES).toList();
  }

  static List<Comparison> run(BenchServers servers, BenchPlan plan) throws Exception {
    UntilVisible measuring = new UntilVisible(servers, plan);
    for (int round = 0; round < plan.rounds(); round++) {
      measuring.round();
    }
    return measuring.comparisons();
  }

  private void round() throws Exception {
    for (String view : views) {
      Percentiles naive = Percentiles.of(servers.naive().store(memories, 1));
      Percentiles visible;
      List<byte[]> values;
      try (BenchLog log = servers.logWithoutSearchIndex()) {
        visible = Percentiles.of(visible(log, view));
        values = log.read().stream().map(ConsumerRecord::value).toList();
      }
      Percentiles ceiling =
          Percentiles.ofSums(
              BareHop.nanos(servers, values, warmUp, EVENTS_PER_SECOND),
              servers.naive().write(Store.valueOf(view.toUpperCase(Locale.ROOT)), memories));
      for (int percent : PERCENTS) {
        rounds.add(ours(view, percent), visible.millis(percent));
        rounds.add(ceiling(view, percent), ceiling.millis(percent));
        rounds.add(naive(view, percent), naive.millis(percent));
      }
    }
  }

  private List<Comparison> comparisons() {
    List<Comparison> comparisons = new ArrayList<>();
    for (String view : views) {
      for (int percent : PERCENTS) {
        String ours = ours(view, percent);
        comparisons.add(rounds.compare(ours, ceiling(view, percent), BOUNDS.get(percent)));
        comparisons.add(rounds.compare(ours, naive(view, percent), null));
      }
    }
    return comparisons;
  }

  private static String ours(String view, int percent) {
    return "publish → visible, %s, p%d".formatted(view, percent);
  }

  private static String ceiling(String view, int percent) {
    return "bare hop, and one write of the %s store, p%d".formatted(view, percent);
  }

  private static String naive(String view, int percent) {
    return "six writes instead of one event, beside %s, p%d".formatted(view, percent);
  }

  /** How long each event takes after those that warm up, in nanoseconds. */
  private List<Long> visible(BenchLog to, String view) throws Exception {
    long[] published = new long[events.size()];
    List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
    AtomicBoolean over = new AtomicBoolean();
    try (MemoryLog log = to.open();
        Lag lag = new Lag(to.config());
        ViewApplication application = ViewProgress.start(to, view)) {
      Steady.run(
          EVENTS_PER_SECOND,
          warmUp,
          (number, due) -> receipts.add(log.appendAsync(events.get(number))));
      receipts.forEach(CompletableFuture::join);
      ViewProgress.awaitAll(lag, view);
      CompletableFuture<List<Positions>> seen =
          CompletableFuture.supplyAsync(() -> watch(lag, view, over));
      try {
        Steady.run(
            EVENTS_PER_SECOND,
            events.size() - warmUp,
            (number, due) -> {
              int at = warmUp + number;
              published[at] = due;
              receipts.add(log.appendAsync(events.get(at)));
            });
        receipts.forEach(CompletableFuture::join);
        ViewProgress.awaitAll(lag, view);
      } finally {
        over.set(true);
      }
      return latencies(seen.get(PATIENCE_SECONDS, TimeUnit.SECONDS), receipts, published);
    }
  }

  /**
   * What the store held.
   *
   * @param at when the answer was there, by {@link System#nanoTime}
   * @param next by partition, the first offset that it did not show
   */
  private record Positions(long at, List<Long> next) {}

  private static List<Positions> watch(Lag lag, String view, AtomicBoolean over) {
    List<Positions> seen = new ArrayList<>();
    boolean last;
    do {
      last = over.get();
      List<Long> next = lag.positions(view, BenchLog.PARTITION_NUMBERS);
      seen.add(new Positions(System.nanoTime(), next));
      LockSupport.parkNanos(LOOK_NANOS); // a core for itself would be missed elsewhere
    } while (!last);
    return seen;
  }

  private List<Long> latencies(
      List<Positions> seen, List<CompletableFuture<Receipt>> receipts, long[] published) {
    List<Long> latencies = new ArrayList<>();
    int from = 0;
    for (int i = warmUp; i < published.length; i++) {
      // the first that is late enough; what was published later is not seen before that
      while (seen.get(from).at < published[i]) {
        from++;
      }
      Receipt receipt = receipts.get(i).join();
      int first = from;
      while (seen.get(first).next.get(receipt.partition()) <= receipt.offset()) {
        first++;
      }
      latencies.add(seen.get(first).at - published[i]);
    }
    return latencies;
  }
}
