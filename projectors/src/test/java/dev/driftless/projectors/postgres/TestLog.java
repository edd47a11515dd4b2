package dev.driftless.projectors.postgres;

import dev.driftless.events.CheckpointSaved;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MemoryKind;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.PatternLearned;
import dev.driftless.events.PatternRetired;
import dev.driftless.events.Role;
import dev.driftless.events.SessionEnded;
import dev.driftless.events.SessionStarted;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallIntended;
import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Position;
import dev.driftless.projectors.Projector;
import dev.driftless.schemas.SubjectKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** One partition of a log, in memory: one record a second from {@link #START} on. */
public final class TestLog {

  /** Log time of the first record. */
  public static final Instant START = Instant.parse("2026-05-01T15:00:00Z");

  private final String topicId;
  private final int partition;
  private final List<LogRecord> records = new ArrayList<>();
  private long end;

  public TestLog(String topicId, int partition) {
    this.topicId = topicId;
    this.partition = partition;
  }

  /** The log time of an offset. */
  public static Instant at(long offset) {
    return START.plus(Duration.ofSeconds(offset));
  }

  /** Appends an event that every view applies. */
  public TestLog add(MemoryEvent event) {
    return add(event, Disposition.APPLY);
  }

  /** Appends an event. */
  public TestLog add(MemoryEvent event, Disposition disposition) {
    byte[] key = new SubjectKey(event.getTenant(), event.getSubject()).bytes();
    return add(key, bytes(event), disposition, event, null);
  }

  /** Appends a record that is refused. */
  public TestLog refused(byte @Nullable [] key, byte @Nullable [] value, String reason) {
    return add(key, value, Disposition.REFUSED, null, reason);
  }

  /** Leaves an offset to a control record. */
  public TestLog control() {
    end++;
    return this;
  }

  /**
   * Appends events of the subject {@code mia} that leave a row in every table, twice where it is
   * repeated, and some states of the past.
   */
  public void addToEveryTable(String tenant, String text) {
    List.of(
            memory("m1", text, null),
            memory("m1", text + " revised", null),
            memory("m2", text, null),
            pattern("p1", text, 0.5, "m1"),
            new SessionStarted(Map.of("channel", "phone")),
            new SessionEnded("done"),
            new SessionStarted(Map.of("channel", text)),
            new MessageAppended("a", Role.USER, text, List.of("c1"), "c1"),
            new MessageAppended("a", Role.USER, text + " edited", List.of(), null),
            new CheckpointSaved("s1", text),
            new ToolCallIntended("c1", "book", "{}"),
            new ToolCallCompleted("c1", "book", "{}", text),
            new ToolCallIntended("c2", "book", "{}"))
        .forEach(payload -> add(event(tenant, "mia", payload)));
  }

  public List<LogRecord> records() {
    return List.copyOf(records);
  }

  public long end() {
    return end;
  }

  public int partition() {
    return partition;
  }

  /** What {@code fence} has to apply between two offsets. */
  public Batch batch(Fence fence, long from, long to) {
    List<LogRecord> between =
        records.stream().filter(r -> r.offset() >= from && r.offset() < to).toList();
    return new Batch(
        partition,
        fence.epoch(),
        from,
        new Position(topicId, to, at(Math.max(0, to - 1))),
        between);
  }

  /**
   * Takes the partition over and applies what the view has not, in batches of at most this size.
   */
  public void applyTo(Projector projector, int batchSize) {
    Fence fence = projector.acquire(partition);
    for (long from = fence.offset(); from < end; from += batchSize) {
      projector.apply(batch(fence, from, Math.min(end, from + batchSize)));
    }
  }

  /** Applies all that the view has not, in one batch. */
  public void applyTo(Projector projector) {
    applyTo(projector, Integer.MAX_VALUE);
  }

  /** Events of two tenants with the same ids, in an order that the seed decides. */
  public static TestLog random(String topicId, int partition, int size, long seed) {
    Random random = new Random(seed);
    TestLog log = new TestLog(topicId, partition);
    while (log.end < size) {
      String tenant = random.nextBoolean() ? "acme" : "initech";
      String subject = "s" + random.nextInt(3);
      String id = "i" + random.nextInt(40);
      log.add(event(tenant, subject, payload(random, id, log.end)));
    }
    return log;
  }

  private static Object payload(Random random, String id, long n) {
    return switch (random.nextInt(8)) {
      case 0, 1, 2 -> memory(id, "text \"" + n + "\" of\\{" + id + "}", null);
      case 3 -> new MemoryForgotten(id, null);
      case 4 -> pattern(id, "holds " + n, random.nextInt(4) / 4.0, "m" + n, "a,\"b\\");
      case 5 -> new PatternRetired(id, "no more");
      case 6 -> new ToolCallIntended(id, "search", "{\"n\":" + n + "}");
      default -> new ToolCallCompleted(id, "search", "{}", "done");
    };
  }

  public static MemoryRecorded memory(String id, String text, @Nullable Instant expiresAt) {
    return MemoryRecorded.newBuilder()
        .setMemoryId(id)
        .setKind(MemoryKind.SEMANTIC)
        .setText(text)
        .setAttributes(Map.of("from", "test"))
        .setExpiresAt(expiresAt)
        .build();
  }

  public static PatternLearned pattern(
      String id, String statement, double confidence, String... evidence) {
    return new PatternLearned(id, statement, confidence, List.of(evidence));
  }

  /** An event in session {@code run-1}; its id depends on its content. */
  public static MemoryEvent event(String tenant, String subject, Object payload) {
    return MemoryEvent.newBuilder()
        .setEventId(
            "e" + Integer.toHexString(List.of(tenant, subject, payload.toString()).hashCode()))
        .setOccurredAt(START)
        .setTenant(tenant)
        .setSubject(subject)
        .setAgent("helper")
        .setSession("run-1")
        .setPayload(payload)
        .build();
  }

  /** What any agent could have written; not the wire format, which no projector reads. */
  public static byte[] bytes(MemoryEvent event) {
    try {
      ByteBuffer buffer = MemoryEvent.getEncoder().encode(event);
      byte[] bytes = new byte[buffer.remaining()];
      buffer.get(bytes);
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private TestLog add(
      byte @Nullable [] key,
      byte @Nullable [] value,
      Disposition disposition,
      @Nullable MemoryEvent event,
      @Nullable String reason) {
    Instant time = at(end);
    records.add(
        new LogRecord(partition, end++, time, time, key, value, disposition, event, reason));
    return this;
  }
}
