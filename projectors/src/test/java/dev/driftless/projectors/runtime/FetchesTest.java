package dev.driftless.projectors.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** What becomes of the records of two polls, also where partitions move or the broker fails. */
final class FetchesTest {

  private static final TopicPartition ZERO = new TopicPartition("log", 0);
  private static final TopicPartition ONE = new TopicPartition("log", 1);
  private static final Duration TIMEOUT = Duration.ofMillis(500);
  private static final long SLOW_NANOS = Duration.ofMillis(20).toNanos();

  private final Map<Integer, OwnedPartition> own = new HashMap<>();
  private final Deque<Supplier<ConsumerRecords<byte[], byte[]>>> answers = new ArrayDeque<>();
  private final List<Duration> asked = new ArrayList<>();
  private final List<String> sought = new ArrayList<>();
  private long nanos;
  private final Fetches fetches =
      new Fetches(this::poll, (at, offset) -> sought.add(at + "@" + offset), own, 10, () -> nanos);

  FetchesTest() {
    own.put(0, new OwnedPartition(ZERO));
    own.put(1, new OwnedPartition(ONE));
  }

  @Test
  void what_came_during_a_drain_is_handed_out_with_what_came_before() {
    answers.add(() -> records(Map.of(ZERO, List.of(3L), ONE, List.of(7L))));
    answers.add(() -> records(Map.of(ZERO, List.of(4L, 5L))));
    fetches.drained(SLOW_NANOS);
    ConsumerRecords<byte[], byte[]> records = fetches.poll(TIMEOUT);
    assertThat(offsets(records, ZERO)).containsExactly(3L, 4L, 5L);
    assertThat(offsets(records, ONE)).containsExactly(7L);
    assertThat(records.nextOffsets())
        .containsEntry(ZERO, new OffsetAndMetadata(6))
        .containsEntry(ONE, new OffsetAndMetadata(8));
    assertThat(asked.get(1)).isLessThanOrEqualTo(Duration.ofMillis(10));
  }

  @Test
  void only_a_drain_delays_and_only_what_is_there_is_worth_more() {
    answers.add(() -> records(Map.of(ZERO, List.of(3L))));
    assertThat(fetches.poll(TIMEOUT).count()).isEqualTo(1);
    answers.add(() -> records(Map.of()));
    fetches.drained(SLOW_NANOS);
    assertThat(fetches.poll(TIMEOUT).isEmpty()).isTrue();
    answers.add(() -> records(Map.of(ZERO, LongStream.range(4, 10).boxed().toList())));
    fetches.drained(SLOW_NANOS);
    assertThat(fetches.poll(TIMEOUT).count()).as("more than half a batch").isEqualTo(6);
    answers.add(() -> records(Map.of(ZERO, List.of(10L))));
    fetches.drained(SLOW_NANOS);
    assertThat(fetches.poll(Duration.ZERO).count()).isEqualTo(1);
    assertThat(asked).hasSize(4);
  }

  @Test
  void who_had_to_wait_for_the_first_record_has_missed_none() {
    answers.add(
        () -> {
          nanos += SLOW_NANOS;
          return records(Map.of(ZERO, List.of(3L)));
        });
    fetches.drained(SLOW_NANOS);
    assertThat(fetches.poll(TIMEOUT).count()).isEqualTo(1);
    assertThat(asked).hasSize(1);
  }

  @Test
  void records_of_a_partition_that_was_lost_meanwhile_are_not_handed_out() {
    answers.add(() -> records(Map.of(ZERO, List.of(3L), ONE, List.of(7L))));
    answers.add(
        () -> {
          own.remove(0);
          own.put(1, new OwnedPartition(ONE)); // lost, and assigned again from before
          return records(Map.of(ONE, List.of(5L)));
        });
    fetches.drained(SLOW_NANOS);
    ConsumerRecords<byte[], byte[]> records = fetches.poll(TIMEOUT);
    assertThat(records.partitions()).containsExactly(ONE);
    assertThat(offsets(records, ONE)).containsExactly(5L);
    assertThat(records.nextOffsets()).containsOnlyKeys(ONE);
  }

  @Test
  void a_poll_that_fails_loses_nothing_of_the_one_before() {
    answers.add(() -> records(Map.of(ZERO, List.of(3L, 4L), ONE, List.of(7L))));
    answers.add(
        () -> {
          own.put(1, new OwnedPartition(ONE));
          throw new KafkaException("no");
        });
    fetches.drained(SLOW_NANOS);
    assertThatThrownBy(() -> fetches.poll(TIMEOUT)).hasMessage("no");
    assertThat(sought).as("not where another reads already").containsExactly("log-0@3");
  }

  private ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
    asked.add(timeout);
    return answers.remove().get();
  }

  private static List<Long> offsets(ConsumerRecords<byte[], byte[]> records, TopicPartition at) {
    return records.records(at).stream().map(ConsumerRecord::offset).toList();
  }

  private static ConsumerRecords<byte[], byte[]> records(Map<TopicPartition, List<Long>> offsets) {
    Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records = new HashMap<>();
    Map<TopicPartition, OffsetAndMetadata> next = new HashMap<>();
    offsets.forEach(
        (at, each) -> {
          List<ConsumerRecord<byte[], byte[]>> of = new ArrayList<>();
          for (long offset : each) {
            of.add(
                new ConsumerRecord<>(at.topic(), at.partition(), offset, new byte[0], new byte[0]));
            next.put(at, new OffsetAndMetadata(offset + 1));
          }
          records.put(at, of);
        });
    return new ConsumerRecords<>(records, next);
  }
}
