package dev.driftless.bench.chaos;

import dev.driftless.bench.MadeUp;
import dev.driftless.events.CheckpointSaved;
import dev.driftless.events.Embedding;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MemoryKind;
import dev.driftless.events.MemoryRecalled;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MemoryRevised;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.PatternLearned;
import dev.driftless.events.PatternRetired;
import dev.driftless.events.Role;
import dev.driftless.events.SessionEnded;
import dev.driftless.events.SessionStarted;
import dev.driftless.events.ToolCallCompensated;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallFailed;
import dev.driftless.events.ToolCallIntended;
import dev.driftless.schemas.EmbeddingModels;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * What one writer writes: events of all types about a few subjects that are its own, about the same
 * few memories, patterns and sessions again and again, and now and then an event that it wrote
 * before. A function of the seed. Not for several threads.
 */
final class EventStream {

  private static final String TENANT = "acme";
  private static final int SUBJECTS = 5;
  private static final int MEMORIES = 40;

  /** Some years hence, so that nothing expires while it is looked at. */
  private static final Instant LATER = Instant.parse("2100-01-01T00:00:00Z");

  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  private final Random random;
  private final String writer;
  private final List<MemoryEvent> written = new ArrayList<>();

  EventStream(long seed, int writer) {
    this.random = new Random(seed * 1_000 + writer);
    this.writer = "w" + writer;
  }

  MemoryEvent next() {
    if (!written.isEmpty() && random.nextInt(20) == 0) {
      int back = 1 + random.nextInt(Math.min(written.size(), 200));
      return written.get(written.size() - back);
    }
    MemoryEvent event = event();
    written.add(event);
    return event;
  }

  private MemoryEvent event() {
    int number = written.size();
    return MemoryEvent.newBuilder()
        .setEventId(writer + "-" + number)
        .setOccurredAt(BEGIN.plusMillis(number))
        .setTenant(TENANT)
        .setSubject(writer + "s" + random.nextInt(SUBJECTS))
        .setAgent("helper")
        .setSession("s" + random.nextInt(3))
        .setPayload(payload(number))
        .build();
  }

  private Object payload(int number) {
    int kind = random.nextInt(100);
    String memory = "m" + random.nextInt(MEMORIES);
    String pattern = "p" + random.nextInt(6);
    if (kind < 20) {
      return new MemoryRecorded(
          memory, kind(), text(number), attributes(), embedding(), expiresAt());
    } else if (kind < 34) {
      return new MemoryRevised(
          memory, kind(), text(number), attributes(), embedding(), expiresAt());
    } else if (kind < 37) {
      return new MemoryForgotten(memory, null);
    } else if (kind < 50) {
      double confidence = (5 + random.nextInt(90)) / 100.0;
      return new PatternLearned(pattern, "statement " + number, confidence, List.of(memory, "m0"));
    } else if (kind < 52) {
      return new PatternRetired(pattern, null);
    } else if (kind < 54) {
      return new MemoryRecalled(List.of(memory), "query");
    }
    return ofSession(number, kind);
  }

  private Object ofSession(int number, int kind) {
    String call = "c" + random.nextInt(8);
    if (kind < 57) {
      return new SessionStarted(attributes());
    } else if (kind < 58) {
      return new SessionEnded("done");
    } else if (kind < 62) {
      return new CheckpointSaved("step" + random.nextInt(4), "{\"at\":" + number + "}");
    } else if (kind < 70) {
      return new ToolCallIntended(call, "search", "{\"n\":" + number + "}");
    } else if (kind < 74) {
      return new ToolCallCompleted(call, "search", "{\"n\":" + number + "}", "found");
    } else if (kind < 76) {
      return new ToolCallFailed(call, "search", "{\"n\":" + number + "}", "no answer");
    } else if (kind < 77) {
      return new ToolCallCompensated(call, "search", "{\"n\":" + number + "}", "undone");
    }
    return new MessageAppended("msg" + number, Role.USER, text(number), List.of("c1", "c2"), null);
  }

  private MemoryKind kind() {
    return MemoryKind.values()[random.nextInt(MemoryKind.values().length)];
  }

  private static String text(int number) {
    return "something worth remembering, number " + number;
  }

  private Map<String, String> attributes() {
    return Map.of("channel", "chat", "mood", "m" + random.nextInt(5));
  }

  private @Nullable Instant expiresAt() {
    return random.nextInt(5) == 0 ? LATER : null;
  }

  /** Most bring a vector, so that a replay takes no minutes of inference. */
  private @Nullable Embedding embedding() {
    if (random.nextInt(20) == 0) {
      return null;
    }
    ByteBuffer vector =
        ByteBuffer.allocate(MadeUp.DIMENSIONS * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    vector.putFloat(random.nextInt(MadeUp.DIMENSIONS) * Float.BYTES, 1f);
    return new Embedding(EmbeddingModels.MINILM, vector);
  }
}
