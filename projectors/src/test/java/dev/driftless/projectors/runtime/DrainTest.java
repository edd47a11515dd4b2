package dev.driftless.projectors.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;
import dev.driftless.schemas.Names;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which records are tried together, and what an error of some means for the others. */
final class DrainTest {

  private static final int MAX_BATCH = 3;

  private final Store store = new Store();
  private final Drain drain = drain(store);
  private final List<OwnedPartition> partitions = List.of(owned(0), owned(1));

  @Test
  void what_waits_in_several_partitions_is_applied_in_one_call() {
    feed(0, 2);
    feed(1, 1);
    drain.drain(partitions);
    assertThat(store.calls).containsExactly("0:0-2 1:0-1");
    assertThat(offsets()).containsExactly(2L, 1L);
    drain.drain(partitions);
    assertThat(store.calls).as("nothing waits").hasSize(1);
  }

  @Test
  void no_batch_is_larger_than_allowed() {
    feed(0, 7);
    feed(1, 2);
    drain.drain(partitions);
    assertThat(store.calls).containsExactly("0:0-3 1:0-2", "0:3-6", "0:6-7");
  }

  @Test
  void a_record_that_the_store_refuses_is_found_and_keeps_no_other_from_being_applied() {
    store.refused = "1:1";
    feed(0, 2);
    feed(1, 3);
    drain.drain(partitions);
    assertThat(store.calls).startsWith("0:0-2 1:0-3", "0:0-2", "1:0-3", "1:0-1", "1:1-2");
    assertThat(store.applied).containsExactly("0:0", "0:1", "1:0", "1:2");
    assertThat(offsets()).containsExactly(2L, 3L);
  }

  @Test
  void a_partition_that_was_lost_is_told_and_nothing_of_it_is_taken_for_applied() {
    store.fenced = 1;
    feed(0, 2);
    feed(1, 2);
    assertThatThrownBy(() -> drain.drain(partitions))
        .isInstanceOfSatisfying(FencedException.class, e -> assertThat(e.partition()).isEqualTo(1));
    assertThat(offsets()).containsExactly(0L, 0L);
    store.fenced = null;
    drain.drain(partitions);
    assertThat(offsets()).containsExactly(2L, 2L);
  }

  @Test
  void a_store_that_is_away_is_asked_again_for_all() {
    store.away = true;
    feed(0, 2);
    feed(1, 2);
    assertThatThrownBy(() -> drain.drain(partitions)).isInstanceOf(StoreAwayException.class);
    assertThat(offsets()).containsExactly(0L, 0L);
    store.away = false;
    drain.drain(partitions);
    assertThat(store.applied).containsExactly("0:0", "0:1", "1:0", "1:1");
  }

  private List<Long> offsets() {
    return partitions.stream().map(p -> p.fence().offset()).toList();
  }

  private void feed(int partition, int count) {
    OwnedPartition to = partitions.get(partition);
    to.polled(0, count - 1, count);
    for (int offset = 0; offset < count; offset++) {
      assertThat(to.expects(offset)).isTrue();
      to.add(
          new LogRecord(
              partition,
              offset,
              Instant.EPOCH,
              Instant.EPOCH,
              null,
              null,
              Disposition.APPLY,
              null,
              null),
          null);
    }
  }

  private static OwnedPartition owned(int number) {
    OwnedPartition partition = new OwnedPartition(new TopicPartition("log", number));
    partition.position(new Fence(1, null), 0, "topic", 2);
    return partition;
  }

  private static Drain drain(Store store) {
    RuntimeConfig config =
        new RuntimeConfig(
            Names.DEFAULT,
            Map.of("bootstrap.servers", "none"),
            Path.of(""),
            null,
            1,
            MAX_BATCH,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ZERO);
    ViewMeters meters = new ViewMeters(new SimpleMeterRegistry(), store.view());
    ApplySpans untraced = new ApplySpans(OpenTelemetry.noop(), Names.DEFAULT, store.view());
    DeadLetters noneKept = new DeadLetters(store.view(), false, config, meters);
    return new Drain(store.view(), store, noneKept, meters, untraced, MAX_BATCH);
  }

  /** Notes what it is asked for, and fails when told to; applies all batches of a call or none. */
  private static final class Store implements Projector {

    final List<String> calls = new ArrayList<>();
    final List<String> applied = new ArrayList<>();
    @Nullable String refused;
    @Nullable Integer fenced;
    boolean away;

    @Override
    public void apply(List<Batch> batches) {
      calls.add(
          String.join(
              " ",
              batches.stream()
                  .map(b -> "%d:%d-%d".formatted(b.partition(), b.from(), b.to().offset()))
                  .toList()));
      List<String> records = batches.stream().flatMap(b -> records(b).stream()).toList();
      if (away) {
        throw new IllegalStateException("away");
      }
      for (Batch batch : batches) {
        if (fenced != null && fenced == batch.partition()) {
          throw new FencedException(view(), batch.partition(), batch.epoch());
        }
      }
      if (refused != null && records.contains(refused)) {
        throw new IllegalArgumentException("refused");
      }
      applied.addAll(records);
    }

    private static List<String> records(Batch batch) {
      return batch.events().stream().map(r -> r.partition() + ":" + r.offset()).toList();
    }

    @Override
    public void apply(Batch batch) {
      apply(List.of(batch));
    }

    @Override
    public boolean isTransient(Exception e) {
      return e instanceof IllegalStateException;
    }

    @Override
    public String view() {
      return "view";
    }

    @Override
    public Fence acquire(int partition) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Fence stored(int partition) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void repair(Repair repair) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
