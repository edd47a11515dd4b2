package dev.driftless.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.events.Embedding;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryKind;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.projectors.ReadCost;
import dev.driftless.schemas.EmbeddingModels;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a check costs a store, and that it needs no more memory the more there is. System properties
 * {@code driftless.memories} and {@code driftless.views} say how many and of which; the profile
 * {@code scale} runs it with a heap of 512 MB.
 */
@Tag("long")
final class ScaleIT {

  private static final Logger LOG = LoggerFactory.getLogger(ScaleIT.class);

  private static final int MEMORIES = Integer.getInteger("driftless.memories", 10_000);
  private static final int CHANGED = Math.max(50, MEMORIES / 200);
  private static final int MEMORIES_PER_SUBJECT = 40;
  private static final int BATCH = 2_000;
  private static final List<String> VIEWS =
      List.of(
          System.getProperty("driftless.views", "relational,vector,cache,context,audit")
              .split(","));

  /** Which views share a store. */
  private static final List<Set<String>> STORES =
      List.of(Set.of("relational", "context", "audit"), Set.of("cache"), Set.of("vector"));

  @Test
  void a_check_of_changes_costs_at_most_a_twentieth_of_a_full_scan() {
    try (KeptViews views = new KeptViews();
        Reconciler reconciler = views.reconciler("scale")) {
      VIEWS.forEach(views::start);
      Random random = new Random(1);
      for (int from = 0; from < MEMORIES; from += BATCH) {
        List<MemoryEvent> batch = new ArrayList<>();
        for (int i = from; i < Math.min(MEMORIES, from + BATCH); i++) {
          batch.add(memory(i, "is known to be number " + i, random));
        }
        views.publish(batch);
      }
      views.awaitCaughtUp(VIEWS.toArray(String[]::new));
      LOG.info("{} memories are in the views", MEMORIES);
      Map<String, ReadCost> full = costs(reconciler.check(VIEWS, true));
      List<MemoryEvent> changes = new ArrayList<>();
      for (int i = 0; i < CHANGED; i++) {
        changes.add(memory(random.nextInt(MEMORIES), "has changed " + i, random));
      }
      views.publish(changes);
      views.awaitCaughtUp(VIEWS.toArray(String[]::new));
      Map<String, ReadCost> changed = costs(reconciler.check(VIEWS, false));
      STORES.forEach(
          store -> {
            long costs = total(changed, store);
            assertThat(costs)
                .as("%s: %s beside %s", store, changed, full)
                .isLessThanOrEqualTo(total(full, store) / 20);
          });
      assertThat(changed.values()).allMatch(cost -> cost.total() > 0);
    }
  }

  private static long total(Map<String, ReadCost> costs, Set<String> views) {
    return costs.entrySet().stream()
        .filter(cost -> views.contains(cost.getKey()))
        .mapToLong(cost -> cost.getValue().total())
        .sum();
  }

  private static Map<String, ReadCost> costs(Report report) {
    Map<String, ReadCost> costs = new HashMap<>();
    for (ViewReport view : report.views()) {
      assertThat(view.unknown()).isNull();
      assertThat(view.divergences()).isEmpty();
      LOG.info(
          "{} deep={} keys={} examined={} sent={} ms={} usedHeapMb={}",
          view.view(),
          view.deep(),
          view.compared(),
          view.cost().examined(),
          view.cost().sent(),
          view.took().toMillis(),
          (Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()) >> 20);
      costs.put(view.view(), view.cost());
    }
    return costs;
  }

  private static MemoryEvent memory(int i, String text, Random random) {
    return Events.event(
        "subject" + i / MEMORIES_PER_SUBJECT,
        new MemoryRecorded("m" + i, MemoryKind.SEMANTIC, text, Map.of(), embedding(random), null));
  }

  private static @Nullable Embedding embedding(Random random) {
    if (!VIEWS.contains("vector")) {
      return null;
    }
    ByteBuffer vector = ByteBuffer.allocate(384 * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 384; i++) {
      vector.putFloat(random.nextFloat() - 0.5f);
    }
    return new Embedding(EmbeddingModels.MINILM, vector.flip());
  }
}
