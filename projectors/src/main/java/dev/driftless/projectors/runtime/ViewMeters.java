package dev.driftless.projectors.runtime;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Disposition;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * The meters of one view, all tagged {@code view}.
 *
 * <ul>
 *   <li>{@code driftless.records} (tag {@code disposition}): records that the store acknowledged.
 *       Their sum is how far positions moved over records, counting what was read again.
 *   <li>{@code driftless.batch.size}: records per acknowledged batch, which is of one partition.
 *   <li>{@code driftless.apply}: time of each call of the projector, failed ones included; a call
 *       may apply a batch of each of several partitions.
 *   <li>{@code driftless.retries}: calls that failed and are tried again, because the store, the
 *       registry or the broker is away.
 *   <li>{@code driftless.dead.letters}: records set aside; at least {@code
 *       driftless.records{disposition=refused}}, but none by an observer.
 *   <li>{@code driftless.rewinds}: how often the stored position was found below what was applied.
 *   <li>{@code driftless.repairs} (tag {@code outcome}): requests for repair that are done: {@code
 *       served}; {@code superseded}, because the view is elsewhere than they say or a later request
 *       came with them; {@code refused}, by the store for ever or because they cannot be read.
 *       Their sum is the requests received, counting what was received again after a crash or when
 *       a partition moved. Tries that failed are in {@code driftless.retries}.
 * </ul>
 */
final class ViewMeters {

  /** What became of a request for repair. */
  enum Outcome {
    SERVED,
    SUPERSEDED,
    REFUSED
  }

  private final Map<Disposition, Counter> records = new EnumMap<>(Disposition.class);
  private final Map<Outcome, Counter> repairs = new EnumMap<>(Outcome.class);
  private final DistributionSummary batchSize;
  private final Timer apply;
  private final Counter retries;
  private final Counter deadLetters;
  private final Counter rewinds;

  ViewMeters(MeterRegistry registry, String view) {
    // all from the beginning: a rate does not see the first of what was not there before
    for (Disposition disposition : Disposition.values()) {
      records.put(
          disposition,
          registry.counter("driftless.records", "view", view, "disposition", tag(disposition)));
    }
    for (Outcome outcome : Outcome.values()) {
      repairs.put(
          outcome, registry.counter("driftless.repairs", "view", view, "outcome", tag(outcome)));
    }
    this.batchSize = registry.summary("driftless.batch.size", "view", view);
    this.apply = registry.timer("driftless.apply", "view", view);
    this.retries = registry.counter("driftless.retries", "view", view);
    this.deadLetters = registry.counter("driftless.dead.letters", "view", view);
    this.rewinds = registry.counter("driftless.rewinds", "view", view);
  }

  void timed(Runnable call) {
    apply.record(call);
  }

  void applied(Batch batch) {
    batchSize.record(batch.records().size());
    batch.records().forEach(r -> count(records, r.disposition(), 1));
  }

  void retry() {
    retries.increment();
  }

  void deadLetters(int count) {
    deadLetters.increment(count);
  }

  void repairs(Outcome outcome, int count) {
    count(repairs, outcome, count);
  }

  void rewind() {
    rewinds.increment();
  }

  private static <K extends Enum<K>> void count(Map<K, Counter> counters, K which, int count) {
    Objects.requireNonNull(counters.get(which)).increment(count);
  }

  /** As tags hold it. */
  static String tag(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
