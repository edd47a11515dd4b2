package dev.driftless.projectors.runtime;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.ObjLongConsumer;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Asks the consumer for records, so that a drain delays as few of them as can be. What a poll
 * answers at once was on its way before the drain; what was appended during that would wait until
 * the next one is over. The broker has it already, so it is fetched too. For the thread of the
 * consumer.
 */
final class Fetches {

  /** What takes less delays nobody. */
  private static final long LITTLE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /** For what was appended during a drain; a round trip to the broker is enough. */
  private static final long MOST_WAITED_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private final Function<Duration, ConsumerRecords<byte[], byte[]>> poll;
  private final ObjLongConsumer<TopicPartition> seek;
  private final Map<Integer, OwnedPartition> own;
  private final int maxBatch;
  private final LongSupplier nanoTime;

  private long drainedNanos;

  /**
   * @param own the partitions of the consumer, always as they are now
   * @param maxBatch with half of that, a batch is large enough without more
   */
  Fetches(
      Function<Duration, ConsumerRecords<byte[], byte[]>> poll,
      ObjLongConsumer<TopicPartition> seek,
      Map<Integer, OwnedPartition> own,
      int maxBatch,
      LongSupplier nanoTime) {
    this.poll = poll;
    this.seek = seek;
    this.own = own;
    this.maxBatch = maxBatch;
    this.nanoTime = nanoTime;
  }

  /** A drain took so long. */
  void drained(long nanos) {
    drainedNanos += nanos;
  }

  /** The records that there are, or nothing after that time. */
  ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
    long drained = drainedNanos;
    drainedNanos = 0;
    long asked = nanoTime.getAsLong();
    ConsumerRecords<byte[], byte[]> first = poll.apply(timeout);
    boolean waited = nanoTime.getAsLong() - asked > LITTLE_NANOS;
    boolean large = first.count() > maxBatch / 2;
    if (first.isEmpty() || large || waited || drained < LITTLE_NANOS || timeout.isZero()) {
      return first;
    }
    // partitions may be lost in the next poll, and be assigned again; then others stand for them
    Map<Integer, OwnedPartition> before = Map.copyOf(own);
    Predicate<TopicPartition> kept = at -> before.get(at.partition()) == own.get(at.partition());
    try {
      Duration round = Duration.ofNanos(Math.min(drained / 2, MOST_WAITED_NANOS));
      return together(first, kept, poll.apply(round));
    } catch (RuntimeException e) {
      putBack(first, kept);
      throw e;
    }
  }

  /** These are not handed out; the next poll brings them again. */
  void putBack(ConsumerRecords<byte[], byte[]> records, Predicate<TopicPartition> ifKept) {
    for (TopicPartition at : records.partitions()) {
      if (own.containsKey(at.partition()) && ifKept.test(at)) {
        seek.accept(at, records.records(at).get(0).offset());
      }
    }
  }

  private static ConsumerRecords<byte[], byte[]> together(
      ConsumerRecords<byte[], byte[]> first,
      Predicate<TopicPartition> ofFirst,
      ConsumerRecords<byte[], byte[]> later) {
    Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records = new HashMap<>();
    Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
    for (ConsumerRecords<byte[], byte[]> each : List.of(first, later)) {
      for (Map.Entry<TopicPartition, OffsetAndMetadata> end : each.nextOffsets().entrySet()) {
        TopicPartition at = end.getKey();
        if (each == later || ofFirst.test(at)) {
          next.put(at, end.getValue());
          records.computeIfAbsent(at, p -> new ArrayList<>()).addAll(each.records(at));
        }
      }
    }
    records.values().removeIf(List::isEmpty);
    return new ConsumerRecords<>(records, next);
  }
}
