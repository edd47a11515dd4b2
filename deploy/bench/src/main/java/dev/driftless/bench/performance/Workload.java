package dev.driftless.bench.performance;

import dev.driftless.bench.MadeUp;
import dev.driftless.bench.faults.NaiveAgents;
import dev.driftless.events.Embedding;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MemoryKind;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MemoryRevised;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What agents remember: memories of subjects of which few are met often and most rarely (Zipf), 5 %
 * of the events a revision and 1 % a forgetting of an earlier memory, with texts as long as
 * messages of real agents are. A function of the seed. Not for several threads.
 */
final class Workload {

  static final String TENANT = "acme";

  private static final int SUBJECTS = 10_000;
  private static final int REVISED_PERCENT = 5;
  private static final int FORGOTTEN_PERCENT = 1;
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  /** How long a message of an agent is, in characters, at each of these percentiles. */
  private static final int[] PERCENTILES = {0, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99, 100};

  private static final int[] LENGTHS = {
    2, 19, 48, 74, 104, 133, 174, 243, 371, 629, 764, 914, 1_261, 8_117
  };

  private final Random random;
  private final boolean withEmbeddings;
  private final double[] cumulated = new double[SUBJECTS];
  private final List<Known> memories = new ArrayList<>();
  private int number;

  /**
   * @param withEmbeddings whether each memory brings its vector
   */
  Workload(long seed, boolean withEmbeddings) {
    this.random = new Random(seed);
    this.withEmbeddings = withEmbeddings;
    double sum = 0;
    for (int rank = 0; rank < SUBJECTS; rank++) {
      sum += 1.0 / (rank + 1);
      cumulated[rank] = sum;
    }
  }

  private record Known(String subject, String memory) {}

  /** The next of these events. */
  List<MemoryEvent> next(int events) {
    List<MemoryEvent> next = new ArrayList<>(events);
    for (int i = 0; i < events; i++) {
      next.add(next());
    }
    return next;
  }

  /** What of these events is remembered, for agents that have no log. */
  static Stream<NaiveAgents.Memory> memories(List<MemoryEvent> events) {
    return events.stream()
        .filter(event -> event.getPayload() instanceof MemoryRecorded)
        .map(
            event ->
                new NaiveAgents.Memory(
                    event.getSubject(), ((MemoryRecorded) event.getPayload()).getText()));
  }

  private MemoryEvent next() {
    number++;
    int kind = random.nextInt(100);
    if (kind >= REVISED_PERCENT + FORGOTTEN_PERCENT || memories.isEmpty()) {
      Known memory = new Known("subject-" + subject(), "memory-" + number);
      memories.add(memory);
      return event(
          memory, new MemoryRecorded(memory.memory, kind(), text(), Map.of(), embedding(), null));
    }
    int at = random.nextInt(memories.size());
    Known memory = memories.get(at);
    if (kind < FORGOTTEN_PERCENT) {
      memories.set(at, memories.get(memories.size() - 1));
      memories.remove(memories.size() - 1);
      return event(memory, new MemoryForgotten(memory.memory, null));
    }
    return event(
        memory, new MemoryRevised(memory.memory, kind(), text(), Map.of(), embedding(), null));
  }

  private MemoryEvent event(Known memory, Object payload) {
    return MemoryEvent.newBuilder()
        .setEventId("event-" + number)
        .setOccurredAt(BEGIN.plusMillis(number))
        .setTenant(TENANT)
        .setSubject(memory.subject)
        .setAgent("helper")
        .setPayload(payload)
        .build();
  }

  private int subject() {
    double at = random.nextDouble() * cumulated[SUBJECTS - 1];
    int found = Arrays.binarySearch(cumulated, at);
    return found < 0 ? -found - 1 : found;
  }

  private MemoryKind kind() {
    return MemoryKind.values()[random.nextInt(MemoryKind.values().length)];
  }

  /** No two are alike. */
  private String text() {
    int length = length();
    StringBuilder text = new StringBuilder(length + 16).append(number);
    while (text.length() < length) {
      text.append(' ').append(MadeUp.word(random));
    }
    return text.toString();
  }

  private int length() {
    double percent = random.nextDouble() * 100;
    int upper = 1;
    while (PERCENTILES[upper] < percent) {
      upper++;
    }
    double share =
        (percent - PERCENTILES[upper - 1]) / (PERCENTILES[upper] - PERCENTILES[upper - 1]);
    return (int) (LENGTHS[upper - 1] + share * (LENGTHS[upper] - LENGTHS[upper - 1]));
  }

  private @Nullable Embedding embedding() {
    if (!withEmbeddings) {
      return null;
    }
    return MadeUp.embedding(MadeUp.vector(random));
  }
}
