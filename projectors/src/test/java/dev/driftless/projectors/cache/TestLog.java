package dev.driftless.projectors.cache;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Position;
import dev.driftless.projectors.Projector;
import dev.driftless.schemas.SubjectKey;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/** One partition of a log, in memory. */
final class TestLog {

  static final int PARTITION = 0;

  private static final String TOPIC_ID = "topic-1";

  private final List<LogRecord> records = new ArrayList<>();
  private Instant time = Instant.now().truncatedTo(ChronoUnit.MILLIS);

  /** Log time of what is appended next. */
  TestLog at(Instant time) {
    this.time = time.truncatedTo(ChronoUnit.MILLIS);
    return this;
  }

  Instant time() {
    return time;
  }

  /** Appends an event of acme's Mia. */
  MemoryEvent append(@Nullable String session, SpecificRecord payload) {
    return append("acme", "mia", session, payload);
  }

  MemoryEvent append(
      String tenant, String subject, @Nullable String session, SpecificRecord payload) {
    MemoryEvent event =
        MemoryEvent.newBuilder()
            .setEventId("e" + records.size())
            .setOccurredAt(Instant.EPOCH)
            .setTenant(tenant)
            .setSubject(subject)
            .setAgent("helper")
            .setSession(session)
            .setPayload(payload)
            .build();
    byte[] key = new SubjectKey(tenant, subject).bytes();
    records.add(
        new LogRecord(
            PARTITION, end(), time, time, key, new byte[0], Disposition.APPLY, event, null));
    return event;
  }

  long end() {
    return records.size();
  }

  List<LogRecord> records() {
    return List.copyOf(records);
  }

  Batch batch(long epoch, long from, long to) {
    Position end = new Position(TOPIC_ID, to, records.get((int) to - 1).logTime());
    return new Batch(PARTITION, epoch, from, end, records.subList((int) from, (int) to));
  }

  /** Takes the partition over and applies what is not yet applied, in batches of this size. */
  Fence applyTo(Projector projector, int batchSize) {
    Fence fence = projector.acquire(PARTITION);
    for (long from = fence.offset(); from < end(); from += batchSize) {
      projector.apply(batch(fence.epoch(), from, Math.min(end(), from + batchSize)));
    }
    return fence;
  }

  Fence applyTo(Projector projector) {
    return applyTo(projector, Integer.MAX_VALUE - 1);
  }

  /** What a replay of the whole log into an empty store shows. */
  List<String> replayed() {
    try (CacheFixture fresh = new CacheFixture();
        Projector projector = fresh.open()) {
      applyTo(projector);
      return fresh.shown();
    }
  }
}
