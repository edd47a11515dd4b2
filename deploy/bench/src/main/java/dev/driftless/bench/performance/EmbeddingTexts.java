package dev.driftless.bench.performance;

import dev.driftless.bench.performance.Comparison.Bound;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MemoryRevised;
import dev.driftless.projectors.vector.EmbeddingModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The vector view where no event brings a vector, beside the model alone. */
final class EmbeddingTexts {

  private static final String OURS = "catching up, embedding computed";
  private static final String MODEL = "the model alone";

  private EmbeddingTexts() {}

  static List<Comparison> run(BenchServers servers, BenchPlan plan) throws Exception {
    List<MemoryEvent> events = new Workload(plan.seed(), false).next(plan.events() / 20);
    List<String> texts =
        events.stream().map(EmbeddingTexts::text).filter(Objects::nonNull).toList();
    Rounds rounds = servers.rounds("embedding", "events/s");
    for (int round = 0; round < plan.rounds(); round++) {
      try (BenchLog log = servers.log(Map.of())) {
        double alone = textsPerSecond(texts, log.config().vector().embeddingParallelism());
        rounds.add(MODEL, alone * events.size() / texts.size());
        log.append(events);
        rounds.add(OURS, ViewProgress.eventsPerSecondFromStart(log, "vector"));
      }
    }
    return List.of(rounds.compare(OURS, MODEL, Bound.atLeast(0.9)));
  }

  private static double textsPerSecond(List<String> texts, int atOnce) throws Exception {
    var loaded = EmbeddingModel.MINILM.embed("loads the weights");
    ExecutorService threads = Executors.newFixedThreadPool(atOnce);
    try {
      List<Future<?>> pending = new ArrayList<>();
      long began = System.nanoTime();
      texts.forEach(text -> pending.add(threads.submit(() -> EmbeddingModel.MINILM.embed(text))));
      for (Future<?> embedding : pending) {
        var unused = embedding.get();
      }
      return texts.size() / ((System.nanoTime() - began) / 1e9);
    } finally {
      threads.shutdownNow();
    }
  }

  private static @org.jspecify.annotations.Nullable String text(MemoryEvent event) {
    Object payload = event.getPayload();
    return payload instanceof MemoryRecorded recorded
        ? recorded.getText()
        : payload instanceof MemoryRevised revised ? revised.getText() : null;
  }
}
