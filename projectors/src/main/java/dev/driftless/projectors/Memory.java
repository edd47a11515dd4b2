package dev.driftless.projectors;

import dev.driftless.events.Embedding;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryKind;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MemoryRevised;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The state of one memory, as {@code MemoryRecorded} and {@code MemoryRevised} both carry it whole.
 */
public record Memory(
    String memoryId,
    MemoryKind kind,
    String text,
    Map<String, String> attributes,
    @Nullable Embedding embedding,
    @Nullable Instant expiresAt) {

  private static Memory of(MemoryRecorded e) {
    return new Memory(
        e.getMemoryId(),
        e.getKind(),
        e.getText(),
        e.getAttributes(),
        e.getEmbedding(),
        e.getExpiresAt());
  }

  private static Memory of(MemoryRevised e) {
    return new Memory(
        e.getMemoryId(),
        e.getKind(),
        e.getText(),
        e.getAttributes(),
        e.getEmbedding(),
        e.getExpiresAt());
  }

  /** The state that a {@code MemoryRecorded} or {@code MemoryRevised} carries. */
  public static Memory of(MemoryEvent event) {
    return event.getPayload() instanceof MemoryRecorded recorded
        ? of(recorded)
        : of((MemoryRevised) event.getPayload());
  }

  /** SHA-256 over kind, text, attributes and expiry: equal in every view that holds this state. */
  public byte[] contentHash() {
    return new ContentHash().add(kind.name()).add(text).add(attributes).add(expiresAt).digest();
  }

  @Override
  public String toString() {
    return "Memory[" + memoryId + "]";
  }
}
