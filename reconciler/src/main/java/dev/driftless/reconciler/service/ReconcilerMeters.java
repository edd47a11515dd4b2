package dev.driftless.reconciler.service;

import dev.driftless.reconciler.Divergence;
import dev.driftless.reconciler.RepairReport;
import dev.driftless.reconciler.ViewLag;
import dev.driftless.reconciler.ViewLag.PartitionLag;
import dev.driftless.reconciler.ViewReport;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The meters of the reconciler, all tagged {@code view}.
 *
 * <ul>
 *   <li>{@code driftless.lag.events} (tag {@code partition}): the log's end less the stored
 *       position; NaN if the store does not answer.
 *   <li>{@code driftless.lag.seconds} (tag {@code partition}): as much in log time; 0 if there is
 *       nothing to apply.
 *   <li>{@code driftless.verified.position} (tag {@code partition}): what the log says below this
 *       offset is what the view holds, but for the divergences. Never above the log's end; where
 *       the last check could not tell it stays what it was.
 *   <li>{@code driftless.divergences} (tag {@code kind}): of the last check that could tell. Their
 *       sum is what differs now.
 *   <li>{@code driftless.divergences.found}: counts each divergence once until a check finds it
 *       gone; at least the sum of {@code driftless.divergences}, as far as one report names them.
 *   <li>{@code driftless.repairs.asked}, {@code driftless.repairs.mended}: keys; mended is at most
 *       asked.
 *   <li>{@code driftless.check.keys}, {@code driftless.check.rows.examined}, {@code
 *       driftless.check.rows.sent} (tag {@code depth}, shallow or deep): keys compared; what that
 *       cost the store is the sum of the two others.
 *   <li>{@code driftless.check} (tag {@code depth}): time of each check; its count is the number of
 *       checks, those that could not tell included.
 *   <li>{@code driftless.check.last} (tag {@code depth}): when the last check that could tell
 *       ended, in seconds since 1970.
 *   <li>{@code driftless.stuck}: 1 if the view has events to apply and its position does not move,
 *       else 0. {@code driftless.ready}: 1 if nothing of the view turns {@code /health/ready} red,
 *       else 0; so never both 1.
 * </ul>
 */
final class ReconcilerMeters {

  private final MeterRegistry registry;
  private final Map<String, AtomicReference<Double>> gauges = new ConcurrentHashMap<>();

  ReconcilerMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  void lag(ViewLag before, ViewLag lag) {
    if (!lag.isKnown()) {
      before.partitions().forEach(at -> lag(lag.view(), at.partition(), Double.NaN, Double.NaN));
    }
    for (PartitionLag at : lag.partitions()) {
      lag(lag.view(), at.partition(), at.events(), at.behind().toMillis() / 1000.0);
    }
  }

  void health(String view, boolean isStuck, boolean isReady) {
    set("driftless.stuck", isStuck ? 1 : 0, "view", view);
    set("driftless.ready", isReady ? 1 : 0, "view", view);
  }

  /**
   * @param fresh how many divergences the check before did not find
   */
  void checked(ViewReport report, long fresh, Instant at) {
    String view = report.view();
    String[] tags = {"view", view, "depth", report.deep() ? "deep" : "shallow"};
    registry.timer("driftless.check", tags).record(report.took());
    registry.counter("driftless.check.keys", tags).increment(report.compared());
    registry.counter("driftless.check.rows.examined", tags).increment(report.cost().examined());
    registry.counter("driftless.check.rows.sent", tags).increment(report.cost().sent());
    registry.counter("driftless.divergences.found", "view", view).increment(fresh);
    if (report.unknown() != null) {
      return;
    }
    set("driftless.check.last", at.toEpochMilli() / 1000.0, tags);
    report
        .verifiedTo()
        .forEach(
            (partition, offset) ->
                set(
                    "driftless.verified.position",
                    offset,
                    "view",
                    view,
                    "partition",
                    partition.toString()));
    for (Divergence.Kind kind : Divergence.Kind.values()) {
      long count = report.divergences().stream().filter(d -> d.kind() == kind).count();
      String name = kind.name().toLowerCase(Locale.ROOT);
      set("driftless.divergences", count, "view", view, "kind", name);
    }
  }

  void repaired(RepairReport repair) {
    registry.counter("driftless.repairs.asked", "view", repair.view()).increment(repair.asked());
    registry.counter("driftless.repairs.mended", "view", repair.view()).increment(repair.mended());
  }

  private void lag(String view, int partition, double events, double seconds) {
    String[] tags = {"view", view, "partition", Integer.toString(partition)};
    set("driftless.lag.events", events, tags);
    set("driftless.lag.seconds", seconds, tags);
  }

  private void set(String name, double value, String... tags) {
    gauges
        .computeIfAbsent(
            name + String.join("\0", tags),
            key -> {
              AtomicReference<Double> last = new AtomicReference<>(value);
              Gauge.builder(name, last, AtomicReference::get)
                  .tags(Tags.of(tags))
                  .register(registry);
              return last;
            })
        .set(value);
  }
}
