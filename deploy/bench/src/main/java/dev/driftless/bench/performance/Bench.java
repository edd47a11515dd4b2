package dev.driftless.bench.performance;

import dev.driftless.local.Progress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Measures one thing after the other, on real servers of its own. */
public final class Bench {

  private static final Map<String, Part> PARTS = new LinkedHashMap<>();

  static {
    PARTS.put("publish", Publishing::run);
    PARTS.put("relational", CatchingUp.inPostgres("relational"));
    PARTS.put("vector", CatchingUp::vector);
    PARTS.put("embedding", EmbeddingTexts::run);
    PARTS.put("cache", CatchingUp::cache);
    PARTS.put("context", CatchingUp.inPostgres("context"));
    PARTS.put("audit", CatchingUp.inPostgres("audit"));
    PARTS.put("all", AllViews::run);
    PARTS.put("visible", UntilVisible::run);
    PARTS.put("rebuild", Rebuilding::run);
    PARTS.put("reconcile", Reconciling::run);
    PARTS.put("process", Processes::run);
    PARTS.put("growth", Growth::run);
  }

  private Bench() {}

  /** What can be measured, in that order. */
  public static List<String> parts() {
    return List.copyOf(PARTS.keySet());
  }

  /**
   * Starts the servers, measures, and ends them.
   *
   * @param only of {@link #parts}
   * @param report is given all that was measured so far, after each part
   * @throws IllegalArgumentException if there is no such part
   */
  public static void run(
      BenchPlan plan, Collection<String> only, Progress progress, Consumer<BenchReport> report)
      throws Exception {
    for (String name : only) {
      if (!PARTS.containsKey(name)) {
        throw new IllegalArgumentException(
            "there is nothing called '%s': use some of %s"
                .formatted(name, String.join(",", parts())));
      }
    }
    int done = 0;
    progress.say("servers: starting");
    List<Comparison> comparisons = new ArrayList<>();
    try (BenchServers servers = BenchServers.start(progress)) {
      for (Map.Entry<String, Part> part : PARTS.entrySet()) {
        if (only.contains(part.getKey())) {
          progress.say("%s: measuring, %d of %d".formatted(part.getKey(), ++done, only.size()));
          comparisons.addAll(part.getValue().run(servers, plan));
          report.accept(
              new BenchReport(plan, Runtime.getRuntime().availableProcessors(), comparisons));
        }
      }
    }
  }
}
