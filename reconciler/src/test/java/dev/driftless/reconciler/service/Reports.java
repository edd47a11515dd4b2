package dev.driftless.reconciler.service;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.ReadCost;
import dev.driftless.reconciler.Divergence;
import dev.driftless.reconciler.Divergence.State;
import dev.driftless.reconciler.ViewLag;
import dev.driftless.reconciler.ViewLag.PartitionLag;
import dev.driftless.reconciler.ViewReport;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What checks may find. */
final class Reports {

  private Reports() {}

  static ViewLag lag(String view, long position, long end) {
    Duration behind = Duration.ofMillis((end - position) * 100);
    return new ViewLag(view, List.of(new PartitionLag(0, end, position, 1, behind, "")), null);
  }

  static ViewLag away(String view) {
    return new ViewLag(view, List.of(), "its store does not answer: connection refused");
  }

  static ViewReport clean(String view, long verified) {
    return report(view, verified, List.of(), null);
  }

  static ViewReport unknown(String view, String reason) {
    return report(view, 0, List.of(), reason);
  }

  /** In which these memories are missing. */
  static ViewReport missing(String view, long verified, String... memories) {
    return report(
        view,
        verified,
        Stream.of(memories)
            .map(
                memory ->
                    new Divergence(
                        view,
                        new Entity(Kind.MEMORY, "acme", "mia", "", memory),
                        "",
                        Divergence.Kind.MISSING,
                        new State(7, "00c0ffee00c0ffee"),
                        null,
                        null))
            .toList(),
        null);
  }

  private static ViewReport report(
      String view, long verified, List<Divergence> divergences, @Nullable String unknown) {
    return new ViewReport(
        view,
        false,
        20,
        unknown == null ? Map.of(0, verified) : Map.of(),
        divergences,
        divergences.size(),
        List.of(),
        new ReadCost(30, 10),
        Duration.ofMillis(250),
        unknown);
  }
}
