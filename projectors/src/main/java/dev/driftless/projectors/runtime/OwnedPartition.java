package dev.driftless.projectors.runtime;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Position;
import dev.driftless.projectors.runtime.ApplySpans.Traced;
import io.opentelemetry.context.Context;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * One partition while this process owns it: what the store holds, what is read beyond that, and
 * what waits to be drained. For the stream thread of the partition.
 */
final class OwnedPartition {

  private static final long NONE = -1;

  private final TopicPartition at;
  private final Thread owner = Thread.currentThread();

  private boolean positioned;
  private String topicId = "";
  private int partitions;
  private Fence fence = Fence.NONE;
  private Instant logTime = Instant.EPOCH;
  private List<LogRecord> buffer = new ArrayList<>();

  /** Of the records that wait, by offset: their publishers' contexts, where they have one. */
  private final NavigableMap<Long, Context> traces = new TreeMap<>();

  /** The lowest offset that a processed record may have; lower ones were seen already. */
  private long expected;

  /**
   * After a seek, records that Kafka Streams had queued before it are passed over until this one
   * comes.
   */
  private long freshFrom;

  private boolean awaitsFresh;

  /** Last offset handed to Kafka Streams, and the consumer's position behind it. */
  private long lastPolled = NONE;

  private long polledUpTo = NONE;

  OwnedPartition(TopicPartition at) {
    this.at = at;
  }

  int partition() {
    return at.partition();
  }

  TopicPartition topicPartition() {
    return at;
  }

  /** Of the log. */
  String topicId() {
    return topicId;
  }

  /** How many partitions the log has. */
  int partitions() {
    return partitions;
  }

  /** The epoch and position that the store holds as far as this process knows. */
  Fence fence() {
    return fence;
  }

  /** Whether the store is as this process left it. */
  boolean isAsLeft(Fence stored) {
    return stored.epoch() == fence.epoch()
        && stored.offset() == fence.offset()
        && stored.generation().equals(fence.generation());
  }

  Instant logTime() {
    return logTime;
  }

  /** False until the store was asked where to begin. */
  boolean positioned() {
    return positioned;
  }

  /** The store must be asked again before anything is read or written. */
  void unposition() {
    positioned = false;
    buffer = new ArrayList<>();
    traces.clear();
  }

  /**
   * The consumer now stands at {@code start}, which is not beyond what the store holds.
   *
   * @param topicId of the log
   * @param partitionCount of the log
   */
  void position(Fence acquired, long start, String topicId, int partitionCount) {
    this.fence = acquired;
    this.topicId = topicId;
    this.partitions = partitionCount;
    positioned = true;
    buffer = new ArrayList<>();
    traces.clear();
    expected = start;
    awaitsFresh = true;
    freshFrom = NONE;
    lastPolled = NONE;
    polledUpTo = NONE;
    logTime = start == acquired.offset() ? storedLogTime() : Instant.EPOCH;
  }

  /**
   * A poll brought records from {@code first} to {@code last}; the consumer stands at {@code next}.
   */
  void polled(long first, long last, long next) {
    if (freshFrom == NONE) {
      freshFrom = first;
    }
    lastPolled = last;
    polledUpTo = next;
  }

  /** A poll brought no records; the consumer stands at {@code next}. */
  void polledNothing(long next) {
    polledUpTo = next;
  }

  /** True if this record is new here; false for one that was queued before a seek. */
  boolean expects(long offset) {
    boolean elsewhere =
        Thread.currentThread() != owner; // a thread that lost it may still have records queued
    if (elsewhere || !positioned || offset < expected || (awaitsFresh && offset != freshFrom)) {
      return false;
    }
    awaitsFresh = false;
    return true;
  }

  /**
   * Log time at this record. From the stored position on it is never before the stored one,
   * wherever reading began.
   */
  Instant observe(long offset, Instant appendTime) {
    if (appendTime.isAfter(logTime)) {
      logTime = appendTime;
    }
    if (offset >= fence.offset() && storedLogTime().isAfter(logTime)) {
      logTime = storedLogTime();
    }
    return logTime;
  }

  /**
   * Takes a record in; one that the store holds already has done its part by feeding the folds.
   *
   * @param trace its publisher's context, if that traces
   */
  void add(LogRecord record, @Nullable Context trace) {
    expected = record.offset() + 1;
    if (record.offset() >= fence.offset()) {
      buffer.add(record);
      if (trace != null) {
        traces.put(record.offset(), trace);
      }
    }
  }

  /** True if a drain would change the store. */
  boolean hasWork() {
    return positioned && (!buffer.isEmpty() || target() > fence.offset());
  }

  /** What waits: all of it, or its first {@code most} records. */
  Batch batch(int most) {
    Position to = new Position(topicId, target(), latest(logTime, storedLogTime()));
    if (most >= buffer.size()) {
      return new Batch(at.partition(), fence.epoch(), fence.offset(), to, buffer);
    }
    LogRecord last = buffer.get(most - 1);
    to = new Position(topicId, last.offset() + 1, last.logTime());
    return new Batch(at.partition(), fence.epoch(), fence.offset(), to, buffer.subList(0, most));
  }

  /** Those of this batch that came with a context. */
  List<Traced> traced(Batch batch) {
    if (traces.isEmpty()) {
      return List.of();
    }
    List<Traced> traced = new ArrayList<>();
    for (LogRecord record : batch.records()) {
      Context trace = traces.get(record.offset());
      if (trace != null) {
        traced.add(new Traced(record, trace));
      }
    }
    return traced;
  }

  /** The store acknowledged this batch, which was cut from the head of what waits. */
  void applied(Batch batch) {
    fence = new Fence(fence.epoch(), batch.to(), fence.generation());
    buffer = new ArrayList<>(buffer.subList(batch.records().size(), buffer.size()));
    traces.headMap(batch.to().offset()).clear();
  }

  /** The first record that waits is not to be applied. */
  void refuseFirst(String reason) {
    LogRecord r = buffer.get(0);
    buffer.set(
        0,
        new LogRecord(
            r.partition(),
            r.offset(),
            r.logTime(),
            r.appendTime(),
            r.key(),
            r.value(),
            Disposition.REFUSED,
            r.decoded(),
            reason));
  }

  /**
   * The position once everything that waits is applied: behind control records too, if nothing is
   * on its way.
   */
  private long target() {
    boolean allProcessed = lastPolled == NONE || expected > lastPolled;
    return Math.max(fence.offset(), allProcessed ? Math.max(polledUpTo, expected) : expected);
  }

  private static Instant latest(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }

  private Instant storedLogTime() {
    Position stored = fence.position();
    return stored == null ? Instant.EPOCH : stored.logTime();
  }
}
