package dev.driftless.projectors.vector;

import dev.driftless.events.Embedding;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MemoryKind;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MemoryRevised;
import dev.driftless.events.SessionStarted;
import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Position;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One partition of a log, in memory: an event a second. */
final class TestLog {

  static final int PARTITION = 3;
  static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final List<LogRecord> records = new ArrayList<>();
  private final String tenant;
  private final String subject;

  TestLog() {
    this("acme", "ann");
  }

  TestLog(String tenant, String subject) {
    this.tenant = tenant;
    this.subject = subject;
  }

  TestLog recorded(String memoryId, String text) {
    return recorded(memoryId, text, null, null);
  }

  TestLog recorded(
      String memoryId, String text, @Nullable Embedding embedding, @Nullable Instant expiresAt) {
    return add(
        MemoryRecorded.newBuilder()
            .setMemoryId(memoryId)
            .setKind(MemoryKind.SEMANTIC)
            .setText(text)
            .setAttributes(Map.of("source", "test"))
            .setEmbedding(embedding)
            .setExpiresAt(expiresAt)
            .build());
  }

  TestLog revised(String memoryId, String text) {
    return add(
        MemoryRevised.newBuilder()
            .setMemoryId(memoryId)
            .setKind(MemoryKind.EPISODIC)
            .setText(text)
            .setAttributes(Map.of())
            .build());
  }

  TestLog forgotten(String memoryId) {
    return add(MemoryForgotten.newBuilder().setMemoryId(memoryId).build());
  }

  TestLog sessionStarted() {
    return add(SessionStarted.newBuilder().setAttributes(Map.of()).build());
  }

  int end() {
    return records.size();
  }

  MemoryEvent event(int offset) {
    return records.get(offset).event();
  }

  Batch all(long epoch) {
    return batch(epoch, 0, end());
  }

  Batch batch(long epoch, int from, int to) {
    return new Batch(PARTITION, epoch, from, position(to), records.subList(from, to));
  }

  /** All of it to this partition, which is taken over for it. */
  void appendTo(VectorProjector projector, int partition) {
    Fence fence = projector.acquire(partition);
    projector.apply(new Batch(partition, fence.epoch(), 0, position(end()), records));
  }

  static Position position(int offset) {
    return new Position("topic-1", offset, START.plusSeconds(offset));
  }

  static Embedding embedding(String model, float... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return Embedding.newBuilder().setModel(model).setVector(bytes).build();
  }

  private TestLog add(Object payload) {
    int offset = records.size();
    Instant time = START.plusSeconds(offset);
    MemoryEvent event =
        MemoryEvent.newBuilder()
            .setEventId("e" + offset)
            .setOccurredAt(time)
            .setTenant(tenant)
            .setSubject(subject)
            .setAgent("agent")
            .setPayload(payload)
            .build();
    records.add(
        new LogRecord(PARTITION, offset, time, time, null, null, Disposition.APPLY, event, null));
    return this;
  }

  /** Of a view in which generations are told apart, without the generation. */
  static Fence fence(Fence stored) {
    return new Fence(stored.epoch(), stored.position());
  }
}
