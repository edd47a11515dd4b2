package dev.driftless.projectors.runtime;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.LogRecord;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;

/**
 * The meters of one view, all tagged {@code view}.
 *
 * <ul>
 *   <li>{@code driftless.records} (tag {@code disposition}): records that the store acknowledged.
 *       Their sum is how far positions moved over records, counting what was read again.
 *   <li>{@code driftless.batch.size}: records per acknowledged batch; its count is {@code
 *       driftless.apply}'s count less the failures.
 *   <li>{@code driftless.apply}: time of each call of the projector, failed ones included.
 *   <li>{@code driftless.retries}: calls that failed and are tried again, because the store, the
 *       registry or the broker is away.
 *   <li>{@code driftless.dead.letters}: records set aside; at least {@code
 *       driftless.records{disposition=refused}}.
 *   <li>{@code driftless.rewinds}: how often the stored position was found below what was applied.
 * </ul>
 */
final class ViewMeters {

  private final MeterRegistry registry;
  private final String view;
  private final DistributionSummary batchSize;
  private final Timer apply;
  private final Counter retries;
  private final Counter deadLetters;
  private final Counter rewinds;

  ViewMeters(MeterRegistry registry, String view) {
    this.registry = registry;
    this.view = view;
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
    for (LogRecord r : batch.records()) {
      String disposition = r.disposition().name().toLowerCase(Locale.ROOT);
      registry.counter("driftless.records", "view", view, "disposition", disposition).increment();
    }
  }

  void retry() {
    retries.increment();
  }

  void deadLetters(int count) {
    deadLetters.increment(count);
  }

  void rewind() {
    rewinds.increment();
  }
}
