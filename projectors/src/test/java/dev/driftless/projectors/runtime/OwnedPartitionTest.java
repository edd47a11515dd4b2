package dev.driftless.projectors.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Position;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

final class OwnedPartitionTest {

  private final OwnedPartition partition =
      new OwnedPartition(new TopicPartition("memory-events", 3));

  @Test
  void records_below_the_stored_position_are_taken_in_but_not_buffered() {
    position(stored(10, 100), 7);
    partition.polled(7, 11, 12);
    feed(7, 8, 9, 10, 11);
    assertThat(offsets(partition.batch(99))).containsExactly(10L, 11L);
    assertThat(partition.batch(99).from()).isEqualTo(10);
  }

  @Test
  void records_that_were_queued_before_a_seek_are_passed_over() {
    position(new Fence(1, null), 0);
    partition.polled(0, 9, 10);
    feed(0, 1, 2);
    position(stored(1, 100), 1);
    partition.polled(1, 5, 6);
    assertThat(partition.expects(3)).isFalse();
    assertThat(partition.expects(9)).isFalse();
    feed(1, 2, 3);
    assertThat(partition.expects(2)).isFalse();
    assertThat(offsets(partition.batch(99))).containsExactly(1L, 2L, 3L);
  }

  @Test
  void nothing_is_expected_before_the_store_was_asked_where_to_begin() {
    assertThat(partition.expects(0)).isFalse();
    assertThat(partition.hasWork()).isFalse();
  }

  @Test
  void the_position_moves_over_control_records_once_all_that_was_polled_is_processed() {
    position(stored(5, 100), 5);
    partition.polled(5, 6, 9);
    feed(5);
    assertThat(partition.batch(99).to().offset()).isEqualTo(6);
    feed(6);
    assertThat(partition.batch(99).to().offset()).isEqualTo(9);
    partition.applied(partition.batch(99));
    assertThat(partition.hasWork()).isFalse();
    partition.polledNothing(11);
    assertThat(partition.batch(99)).satisfies(b -> assertThat(b.records()).isEmpty());
    assertThat(partition.batch(99).to().offset()).isEqualTo(11);
  }

  @Test
  void a_part_of_what_waits_ends_behind_its_last_record() {
    position(stored(5, 100), 5);
    partition.polled(5, 8, 9);
    feed(5, 6, 8);
    Batch part = partition.batch(2);
    assertThat(part.to().offset()).isEqualTo(7);
    partition.applied(part);
    assertThat(offsets(partition.batch(99))).containsExactly(8L);
    assertThat(partition.batch(99).from()).isEqualTo(7);
  }

  @Test
  void log_time_never_goes_back_and_is_not_before_the_stored_one() {
    position(stored(10, 5_000), 8);
    assertThat(partition.observe(8, at(1_000))).isEqualTo(at(1_000));
    assertThat(partition.observe(9, at(900))).isEqualTo(at(1_000));
    assertThat(partition.observe(10, at(1_100))).isEqualTo(at(5_000));
    assertThat(partition.observe(11, at(6_000))).isEqualTo(at(6_000));
  }

  private void position(Fence fence, long start) {
    partition.position(fence, start, "topic", 4);
  }

  private void feed(long... offsets) {
    for (long offset : offsets) {
      assertThat(partition.expects(offset)).isTrue();
      Instant time = partition.observe(offset, at(offset));
      partition.add(
          new LogRecord(3, offset, time, at(offset), null, null, Disposition.REFUSED, null, "test"),
          null);
    }
  }

  private static List<Long> offsets(Batch batch) {
    return batch.records().stream().map(LogRecord::offset).toList();
  }

  private static Fence stored(long offset, long logTime) {
    return new Fence(1, new Position("topic", offset, at(logTime)));
  }

  private static Instant at(long millis) {
    return Instant.ofEpochMilli(millis);
  }
}
