package dev.driftless.projectors.vector;

import static dev.driftless.projectors.vector.TestLog.PARTITION;
import static io.qdrant.client.ValueFactory.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.FencedException;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Points.PointStruct;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class VectorProjectorIT {

  private final VectorFixture view = new VectorFixture();
  private final VectorProjector projector = view.projector();
  private final VectorProjector other = view.projector();
  private final TestLog log =
      new TestLog()
          .recorded("m1", "Ann likes a seat at the window")
          .recorded("m2", "Ann eats no meat")
          .revised("m1", "Ann likes a seat at the aisle")
          .sessionStarted()
          .recorded("m3", "Ann flies on Mondays")
          .forgotten("m2")
          .revised("m1", "Ann does not mind where she sits");

  @AfterEach
  void close() {
    projector.close();
    other.close();
    view.close();
  }

  @Test
  void asking_an_empty_store_changes_nothing() {
    assertThat(projector.stored(PARTITION)).isEqualTo(Fence.NONE);
    assertThat(view.points()).isEmpty();
  }

  @Test
  void each_acquire_gives_a_higher_epoch_and_the_position_that_is_stored() {
    Fence first = projector.acquire(PARTITION);
    assertThat(first.position()).isNull();
    assertThat(first.epoch()).isBetween(1_700_000_000_000L, System.currentTimeMillis());
    projector.apply(log.batch(first.epoch(), 0, 2));
    Fence second = other.acquire(PARTITION);
    assertThat(second.epoch()).isGreaterThan(first.epoch());
    assertThat(second.position()).isEqualTo(TestLog.position(2));
    assertThat(projector.stored(PARTITION)).isEqualTo(second);
    assertThat(projector.stored(PARTITION + 1)).isEqualTo(Fence.NONE);
  }

  @Test
  void of_those_who_acquire_at_once_each_has_an_epoch_of_its_own_and_the_highest_stays()
      throws Exception {
    projector.acquire(PARTITION);
    long future = System.currentTimeMillis() + 3_600_000; // so that none has its own from the clock
    view.collection().set(Map.of("epoch", value(future)), Filter.getDefaultInstance());

    Positions positions = new Positions(view.collection());
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Callable<Long>> acquires =
        Collections.nCopies(24, () -> positions.acquire(PARTITION).epoch());
    Set<Long> epochs = new TreeSet<>();
    for (Future<Long> acquired : threads.invokeAll(acquires)) {
      epochs.add(acquired.get());
    }
    threads.shutdown();
    assertThat(epochs).hasSize(24).allMatch(epoch -> epoch > future);
    assertThat(projector.stored(PARTITION).epoch()).isEqualTo(Collections.max(epochs));
  }

  @Test
  void the_last_event_of_each_memory_is_shown_and_a_forgotten_one_leaves_only_its_name() {
    applyAll();
    assertThat(view.shown())
        .hasSize(2)
        .anySatisfy(m1 -> assertThat(m1).startsWith(view.trace(log.event(6))))
        .anySatisfy(m3 -> assertThat(m3).startsWith(view.trace(log.event(4))));
    assertThat(view.points())
        .filteredOn(p -> p.getId().hasUuid() && !p.containsPayload("kind"))
        .singleElement()
        .satisfies(
            tombstone -> {
              assertThat(VectorFixture.vector(tombstone)).isEmpty();
              assertThat(tombstone.getPayloadMap())
                  .containsOnlyKeys(
                      "tenant", "subject", "memory_id", "partition", "offset", "epoch");
            });
  }

  /** Qdrant lays what an upsert brings over what it moves, and leaves what it does not bring. */
  @Test
  void a_forgotten_memory_leaves_no_vector_where_the_server_has_indexed_it() {
    long epoch = projector.acquire(PARTITION).epoch();
    projector.apply(log.batch(epoch, 0, 5));
    view.index();
    projector.apply(log.batch(epoch, 5, 7));
    assertOnlyForgottenHasNoVector();
  }

  @Test
  void after_a_crash_before_the_vector_of_a_forgotten_memory_was_deleted_it_is_deleted() {
    long epoch = projector.acquire(PARTITION).epoch();
    projector.apply(log.batch(epoch, 0, 5));
    view.index();
    List<PointStruct> points = projector.points(log.batch(epoch, 5, 7));
    view.collection().upsert(points, Filter.getDefaultInstance());
    assertThat(vectorsOfForgotten()).singleElement().asInstanceOf(LIST).isNotEmpty();
    view.index();

    long next = other.acquire(PARTITION).epoch();
    other.apply(log.batch(next, 5, 6));
    other.apply(log.batch(next, 6, 7));
    assertOnlyForgottenHasNoVector();
  }

  @Test
  void of_partitions_in_one_request_each_leaves_no_vector_of_what_it_forgot() {
    TestLog bobs = new TestLog("acme", "bob").recorded("m1", "Bob flies at night").forgotten("m1");
    long epoch = projector.acquire(PARTITION).epoch();
    long bobsEpoch = projector.acquire(PARTITION + 1).epoch();
    projector.apply(List.of(log.batch(epoch, 0, 5), ofNext(bobs.batch(bobsEpoch, 0, 1))));
    view.index();
    projector.apply(List.of(log.batch(epoch, 5, 7), ofNext(bobs.batch(bobsEpoch, 1, 2))));
    assertThat(vectorsOfForgotten()).hasSize(2).allMatch(List::isEmpty);
    assertThat(view.shown()).hasSize(2).noneMatch(line -> line.endsWith("vector="));
  }

  private static Batch ofNext(Batch batch) {
    return new Batch(
        batch.partition() + 1, batch.epoch(), batch.from(), batch.to(), batch.records());
  }

  private List<List<Float>> vectorsOfForgotten() {
    return view.points().stream()
        .filter(p -> p.getId().hasUuid() && !p.containsPayload("kind"))
        .map(VectorFixture::vector)
        .toList();
  }

  private void assertOnlyForgottenHasNoVector() {
    assertThat(vectorsOfForgotten()).singleElement().asInstanceOf(LIST).isEmpty();
    assertThat(view.shown()).hasSize(2).noneMatch(line -> line.endsWith("vector="));
  }

  @Test
  void the_borders_of_batches_do_not_matter() {
    applyAll();
    List<String> atOnce = view.shown();
    view.wipe();
    long epoch = projector.acquire(PARTITION).epoch();
    for (int i = 0; i < log.end(); i++) {
      projector.apply(log.batch(epoch, i, i + 1));
    }
    assertThat(view.shown()).isEqualTo(atOnce);
  }

  @Test
  void a_batch_without_memories_moves_the_position() {
    long epoch = projector.acquire(PARTITION).epoch();
    projector.apply(new Batch(PARTITION, epoch, 0, TestLog.position(5), List.of()));
    assertThat(TestLog.fence(projector.stored(PARTITION)))
        .isEqualTo(new Fence(epoch, TestLog.position(5)));
    assertThat(view.shown()).isEmpty();
  }

  @Test
  void more_points_than_fit_a_request_are_all_written() {
    TestLog many = new TestLog();
    IntStream.range(0, 1_203).forEach(i -> many.recorded("m" + i, "Ann was here"));
    projector.apply(many.all(projector.acquire(PARTITION).epoch()));
    assertThat(view.shown()).hasSize(1_203);
  }

  @Test
  void whoever_was_replaced_is_fenced_and_changes_nothing() {
    long old = projector.acquire(PARTITION).epoch();
    projector.apply(log.batch(old, 0, 2));
    Fence current = other.acquire(PARTITION);
    List<String> shown = view.shown();
    assertFenced(log.batch(old, 2, 7));
    assertThat(view.shown()).isEqualTo(shown);
    assertThat(projector.stored(PARTITION)).isEqualTo(current);
  }

  @Test
  void a_batch_that_does_not_begin_at_the_position_is_fenced() {
    long epoch = projector.acquire(PARTITION).epoch();
    projector.apply(log.batch(epoch, 0, 4));
    List<String> shown = view.shown();
    assertFenced(log.batch(epoch, 0, 4));
    assertFenced(log.batch(epoch, 5, 7));
    assertThat(view.shown()).isEqualTo(shown);
  }

  @Test
  void after_a_crash_between_points_and_position_no_point_goes_back() {
    Batch batch = log.all(projector.acquire(PARTITION).epoch());
    projector.write(projector.points(batch), batch);
    List<String> shown = view.shown();
    assertThat(shown).hasSize(2).noneMatch(line -> line.endsWith("vector="));

    Fence fence = other.acquire(PARTITION);
    assertThat(fence.position()).isNull();
    for (int i = 0; i < log.end(); i++) {
      other.apply(log.batch(fence.epoch(), i, i + 1));
      assertThat(view.shown()).isEqualTo(shown);
    }
    assertThat(other.stored(PARTITION).offset()).isEqualTo(log.end());
  }

  @Test
  void after_a_request_of_unknown_outcome_the_same_writer_may_go_on_with_other_borders() {
    long epoch = projector.acquire(PARTITION).epoch();
    Batch timedOut = log.batch(epoch, 0, 3);
    List<PointStruct> inFlight = projector.points(timedOut);
    projector.apply(log.all(epoch));
    List<String> shown = view.shown();
    projector.write(inFlight, timedOut);
    assertThat(view.shown()).isEqualTo(shown);
  }

  @Test
  void a_zombie_that_wakes_up_after_its_check_changes_nothing_that_was_written_since() {
    long old = projector.acquire(PARTITION).epoch();
    Batch late = log.batch(old, 0, 3);
    List<PointStruct> inFlight = projector.points(late);
    other.apply(log.all(other.acquire(PARTITION).epoch()));
    List<String> shown = view.shown();
    Fence current = other.stored(PARTITION);

    projector.write(inFlight, late);
    advance(late);
    assertThat(view.shown()).isEqualTo(shown);
    assertThat(other.stored(PARTITION)).isEqualTo(current);
  }

  @Test
  void a_zombie_that_knows_no_vector_leaves_the_one_that_was_written_since() {
    TestLog wordless =
        new TestLog()
            .recorded("m1", "Ann likes a seat at the window")
            .revised("m1", " ")
            .revised("m1", "Ann likes a seat at the aisle");
    long old = projector.acquire(PARTITION).epoch();
    Batch late = wordless.batch(old, 0, 2);
    List<PointStruct> inFlight = projector.points(late);
    assertThat(inFlight).noneMatch(point -> point.getVectors().hasVector());
    other.apply(wordless.all(other.acquire(PARTITION).epoch()));
    List<String> shown = view.shown();

    projector.write(inFlight, late);
    assertThat(view.shown()).isEqualTo(shown);
  }

  @Test
  void a_zombie_changes_no_point_of_a_later_epoch_even_with_what_the_log_says_next() {
    long old = projector.acquire(PARTITION).epoch();
    Batch late = log.all(old);
    List<PointStruct> inFlight = projector.points(late);
    other.apply(log.batch(other.acquire(PARTITION).epoch(), 0, 3));
    List<String> shown = view.shown();

    projector.write(inFlight, late);
    assertThat(view.shown()).containsAll(shown);
  }

  @Test
  void a_zombie_that_runs_ahead_between_two_batches_is_not_put_back() {
    long old = projector.acquire(PARTITION).epoch();
    Fence fence = other.acquire(PARTITION);
    Batch late = log.all(old);
    projector.write(projector.points(late), late);
    List<String> ahead = view.shown();
    for (int i = 0; i < log.end(); i++) {
      other.apply(log.batch(fence.epoch(), i, i + 1));
      assertThat(view.shown()).isEqualTo(ahead);
    }
  }

  @Test
  void a_zombie_does_not_move_the_position_even_if_it_is_where_the_zombie_left_it() {
    long old = projector.acquire(PARTITION).epoch();
    projector.apply(log.batch(old, 0, 2));
    Fence current = other.acquire(PARTITION);
    advance(log.batch(old, 2, 7));
    assertThat(other.stored(PARTITION)).isEqualTo(current);
  }

  @Test
  void a_position_put_back_under_the_same_epoch_is_not_moved_past_what_is_missing() {
    long epoch = projector.acquire(PARTITION).epoch();
    projector.apply(log.batch(epoch, 0, 2));
    Runnable putBack = view.copy();
    projector.apply(log.batch(epoch, 2, 5));
    putBack.run();
    advance(log.batch(epoch, 5, 7));
    assertThat(TestLog.fence(projector.stored(PARTITION)))
        .isEqualTo(new Fence(epoch, TestLog.position(2)));
  }

  @Test
  void a_position_is_not_brought_back_after_a_wipe() {
    long old = projector.acquire(PARTITION).epoch();
    Batch late = log.all(old);
    view.wipe();
    Fence empty = other.acquire(PARTITION + 1);
    advance(late);
    assertThat(other.stored(PARTITION)).isEqualTo(Fence.NONE);
    assertThat(other.stored(PARTITION + 1)).isEqualTo(empty);
  }

  @Test
  void a_wiped_view_is_noticed_and_built_again() {
    long epoch = applyAll();
    List<String> shown = view.shown();
    view.wipe();
    assertThat(projector.stored(PARTITION)).isEqualTo(Fence.NONE);
    assertFenced(new Batch(PARTITION, epoch, 7, TestLog.position(8), List.of()));
    assertThat(view.points()).isEmpty();
    applyAll();
    assertThat(view.shown()).isEqualTo(shown);
  }

  @Test
  void a_view_put_back_from_a_copy_is_noticed_and_goes_on_from_there() {
    long first = projector.acquire(PARTITION).epoch();
    projector.apply(log.batch(first, 0, 3));
    Runnable putBack = view.copy();
    List<String> then = view.shown();
    projector.apply(log.batch(first, 3, 5));
    long second = projector.acquire(PARTITION).epoch();
    projector.apply(log.batch(second, 5, 7));
    List<String> shown = view.shown();

    putBack.run();
    assertThat(view.shown()).isEqualTo(then);
    assertThat(TestLog.fence(projector.stored(PARTITION)))
        .isEqualTo(new Fence(first, TestLog.position(3)));
    assertFenced(new Batch(PARTITION, second, 7, TestLog.position(8), List.of()));
    Fence fence = projector.acquire(PARTITION);
    assertThat(fence.epoch()).isGreaterThan(second);
    projector.apply(log.batch(fence.epoch(), 3, 7));
    assertThat(view.shown()).isEqualTo(shown);
  }

  @Test
  void a_replay_of_the_whole_log_over_the_view_changes_nothing_at_any_time() {
    applyAll();
    List<String> shown = view.shown();
    forgetPosition();
    long epoch = projector.acquire(PARTITION).epoch();
    List<List<String>> seen = new ArrayList<>();
    for (int i = 0; i < log.end(); i++) {
      projector.apply(log.batch(epoch, i, i + 1));
      seen.add(view.shown());
    }
    assertThat(seen).containsOnly(shown);
  }

  private long applyAll() {
    long epoch = projector.acquire(PARTITION).epoch();
    projector.apply(log.all(epoch));
    return epoch;
  }

  private void assertFenced(Batch batch) {
    assertThatThrownBy(() -> projector.apply(batch)).isInstanceOf(FencedException.class);
  }

  private void forgetPosition() {
    var points = List.of(io.qdrant.client.PointIdFactory.id(PARTITION));
    String name = view.collection().name();
    var unused = view.link().await(view.link().client().deleteAsync(name, points));
  }

  /** As a writer would that checked before. */
  private void advance(Batch batch) {
    view.collection().update(List.of(Positions.advance(batch)));
  }
}
