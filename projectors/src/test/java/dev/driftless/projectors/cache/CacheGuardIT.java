package dev.driftless.projectors.cache;

import static dev.driftless.projectors.cache.Payloads.ended;
import static dev.driftless.projectors.cache.Payloads.forgotten;
import static dev.driftless.projectors.cache.Payloads.intended;
import static dev.driftless.projectors.cache.Payloads.learned;
import static dev.driftless.projectors.cache.Payloads.recorded;
import static dev.driftless.projectors.cache.Payloads.revised;
import static dev.driftless.projectors.cache.Payloads.said;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.Projector;
import io.lettuce.core.RedisCommandExecutionException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What redelivery, replacement, loss and time may not change. */
class CacheGuardIT {

  private static final Duration DAY = Duration.ofHours(24);

  private final CacheFixture cache = new CacheFixture();
  private final Projector projector = cache.open();
  private final TestLog log = new TestLog();

  @AfterEach
  void close() {
    projector.close();
    cache.close();
  }

  @Test
  void an_empty_store_holds_no_position_and_asking_changes_nothing() {
    assertThat(projector.stored(7)).isEqualTo(Fence.NONE);
    assertThat(cache.redis().exists(CacheKeys.position(cache.names(), 7))).isZero();
  }

  @Test
  void the_epoch_rises_and_is_not_below_the_clock() {
    long clock = System.currentTimeMillis();
    long first = projector.acquire(0).epoch();
    cache.redis().hset(CacheKeys.position(cache.names(), 0), "epoch", "9007199254740000");
    assertThat(first).isGreaterThanOrEqualTo(clock);
    assertThat(projector.acquire(0).epoch()).isEqualTo(9007199254740001L);
    assertThat(projector.stored(0).epoch()).isEqualTo(9007199254740001L);
  }

  @Test
  void the_position_is_the_batchs_end_also_when_the_batch_holds_nothing() {
    appendSome();
    Fence fence = projector.acquire(0);
    var all = log.batch(fence.epoch(), 0, log.end());
    projector.apply(new Batch(0, fence.epoch(), 0, all.to(), List.of()));
    assertThat(projector.stored(0)).isEqualTo(new Fence(fence.epoch(), all.to()));
  }

  @Test
  void redelivery_with_other_borders_changes_nothing() {
    appendSome();
    log.applyTo(projector);
    List<String> shown = cache.shown();
    for (int batchSize : List.of(1, 3, 1000)) {
      forgetPosition();
      log.applyTo(projector, batchSize);
      assertThat(cache.shown()).isEqualTo(shown).isNotEmpty();
    }
  }

  @Test
  void a_batch_that_stopped_half_way_is_completed() {
    appendSome();
    log.applyTo(projector, 5);
    forgetPosition();
    appendSome();
    log.applyTo(projector);
    assertThat(cache.shown()).isEqualTo(log.replayed());
  }

  @Test
  void a_replaced_writer_is_refused_and_changes_nothing() {
    appendSome();
    Fence old = projector.acquire(0);
    try (Projector successor = cache.open()) {
      successor.acquire(0);
      assertThatExceptionOfType(FencedException.class)
          .isThrownBy(() -> projector.apply(log.batch(old.epoch(), 0, log.end())));
      assertThat(cache.shown()).isEmpty();
      assertThat(successor.stored(0).position()).isNull();
    }
  }

  @Test
  void a_writer_at_another_position_is_refused_and_changes_nothing() {
    appendSome();
    Fence fence = projector.acquire(0);
    assertThatExceptionOfType(FencedException.class)
        .isThrownBy(() -> projector.apply(log.batch(fence.epoch(), 2, log.end())));
    assertThat(cache.shown()).isEmpty();
  }

  @Test
  void an_empty_batch_of_a_replaced_writer_does_not_move_the_position() {
    appendSome();
    Fence old = projector.acquire(0);
    var batch = log.batch(old.epoch(), 0, log.end());
    projector.acquire(0);
    assertThatExceptionOfType(FencedException.class)
        .isThrownBy(() -> projector.apply(new Batch(0, old.epoch(), 0, batch.to(), List.of())));
    assertThat(projector.stored(0).position()).isNull();
  }

  @Test
  void data_that_arrives_after_the_store_was_wiped_changes_nothing() {
    appendSome();
    Fence fence = log.applyTo(projector, 4);
    cache.wipe();
    assertThatExceptionOfType(FencedException.class)
        .isThrownBy(() -> projector.apply(lateBatch(fence)));
    assertThat(cache.shown()).isEmpty();
    log.applyTo(projector);
    assertThat(cache.shown()).isEqualTo(log.replayed());
  }

  @Test
  void a_wipe_in_the_middle_of_batches_leaves_no_hole() throws Exception {
    for (int i = 0; i < 200; i++) {
      appendSome();
    }
    List<String> whole = log.replayed();
    ExecutorService writer = Executors.newSingleThreadExecutor();
    try {
      for (long reached = 100; reached < log.end(); reached += 300) {
        long position = reached;
        Future<?> applied = writer.submit(this::applyAsTheRuntimeWould);
        await()
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofMillis(1))
            .until(() -> projector.stored(0).offset() >= position);
        cache.wipe();
        applied.get();
        applyAsTheRuntimeWould();
        assertThat(cache.shown()).isEqualTo(whole);
        cache.wipe();
      }
    } finally {
      writer.shutdownNow();
    }
  }

  @Test
  void a_store_put_back_from_a_copy_is_noticed_and_catches_up() {
    appendSome();
    log.applyTo(projector);
    Runnable putBack = cache.copy();
    List<String> then = cache.shown();
    appendSome();
    Fence fence = log.applyTo(projector);
    List<String> now = cache.shown();

    putBack.run();
    assertThat(cache.shown()).isEqualTo(then).isNotEqualTo(now);
    assertThatExceptionOfType(FencedException.class)
        .isThrownBy(() -> projector.apply(lateBatch(fence)));
    assertThat(cache.shown()).isEqualTo(then);

    assertThat(projector.acquire(0).epoch()).isGreaterThan(fence.epoch());
    log.applyTo(projector);
    assertThat(cache.shown()).isEqualTo(log.replayed());
  }

  @Test
  void a_wiped_store_is_filled_again_from_the_beginning() {
    appendSome();
    log.applyTo(projector);
    List<String> shown = cache.shown();
    cache.wipe();
    assertThat(projector.stored(0)).isEqualTo(Fence.NONE);
    log.applyTo(projector);
    assertThat(cache.shown()).isEqualTo(shown);
  }

  @Test
  void a_replay_at_a_later_time_shows_the_same() {
    Instant dies = Instant.now().plusMillis(1500);
    Instant early = dies.minus(DAY);
    log.at(early.minusMillis(500));
    appendSome();
    log.append("old", said("x", "hi"));
    log.append("old", intended("c"));
    log.at(early);
    log.append("both", said("early", "hi"));
    log.append("both", intended("early"));
    log.append("both", intended("open"));
    log.append(null, recorded("mayfly", "soon", dies));
    log.append(null, recorded("revived", "soon", dies));
    log.append(null, recorded("shortened", "soon"));
    log.append(null, learned("p", 1));
    log.at(early.plus(DAY.dividedBy(2)));
    log.append("both", said("late", "hi"));
    log.append("both", intended("late"));
    log.append(null, revised("revived", "for ever", null));
    log.append(null, revised("shortened", "no longer", dies));
    log.append(null, learned("p", 0.5));
    log.applyTo(projector, 3);
    assertThat(String.join("\n", cache.shown())).contains("early", "old", "mayfly", "shortened");

    await().until(() -> Instant.now().isAfter(dies.plusMillis(5)));
    List<String> shown = cache.shown();
    assertThat(String.join("\n", shown))
        .doesNotContain("early", "old", "mayfly", "shortened")
        .contains("late", "for ever");
    assertThat(shown).isEqualTo(log.replayed());
  }

  @Test
  void a_command_that_fails_stops_before_its_event_and_repeats_nothing_later() {
    log.append(null, learned("p1", 1));
    log.append(null, recorded("m1", "in the way"));
    log.append(null, learned("p1", 1));
    CacheKeys keys = CacheKeys.of(cache.names(), "acme", "mia");
    cache.redis().set(keys.memories(), "not a sorted set");
    Fence fence = projector.acquire(0);
    assertThatExceptionOfType(RedisCommandExecutionException.class)
        .isThrownBy(() -> projector.apply(log.batch(fence.epoch(), 0, 3)))
        .withMessageContaining("WRONGTYPE")
        .satisfies(e -> assertThat(projector.isTransient(e)).isFalse());
    assertThat(cache.redis().get(keys.applied())).isEqualTo("0");
    assertThat(projector.stored(0).position()).isNull();

    cache.redis().del(keys.memories());
    projector.apply(log.batch(fence.epoch(), 0, 3));
    assertThat(cache.shown()).isEqualTo(log.replayed());
  }

  @Test
  void a_server_that_lost_its_scripts_gets_them_again() {
    appendSome();
    log.applyTo(projector);
    cache.redis().scriptFlush();
    for (int i = 0; i < 200; i++) {
      log.append("acme", "subject" + i, "s", said("m", "hi"));
    }
    log.applyTo(projector);
    assertThat(cache.shown()).isEqualTo(log.replayed());
  }

  @Test
  void five_thousand_events_of_one_subject_are_one_batch() {
    for (int i = 0; i < 5000; i++) {
      log.append("s" + i % 3, i % 2 == 0 ? said("m" + i, "hi") : learned("p" + i % 7, 0.5));
    }
    log.applyTo(projector);
    assertThat(cache.shown()).isEqualTo(replayedOneByOneHundred());
    assertThat(cache.redis().get(CacheKeys.of(cache.names(), "acme", "mia").applied()))
        .isEqualTo("4999");
  }

  @Test
  void three_thousand_subjects_are_one_batch() {
    for (int i = 0; i < 3000; i++) {
      log.append("acme", "subject" + i, null, recorded("m", "text " + i));
    }
    log.applyTo(projector);
    assertThat(cache.shown()).hasSize(6000);
  }

  private List<String> replayedOneByOneHundred() {
    try (CacheFixture fresh = new CacheFixture();
        Projector other = fresh.open()) {
      log.applyTo(other, 100);
      return fresh.shown();
    }
  }

  /** As often as it is fenced, it takes the partition over and goes on from what is stored. */
  private void applyAsTheRuntimeWould() {
    while (projector.stored(0).offset() < log.end()) {
      try {
        log.applyTo(projector, 25);
      } catch (FencedException e) {
        continue;
      }
    }
  }

  private Batch lateBatch(Fence fence) {
    long from = log.end();
    appendSome();
    return log.batch(fence.epoch(), from, log.end());
  }

  /** As if the process had died between the data and the position. */
  private void forgetPosition() {
    cache.redis().hset(CacheKeys.position(cache.names(), 0), "offset", "0");
  }

  private void appendSome() {
    long at = log.end();
    log.append("s" + at, said("m" + at, "hi"));
    log.append("s" + at, intended("c" + at));
    log.append("s", said("m" + at, "hi"));
    log.append("s", intended("c" + at));
    log.append("acme", "tom", "s", said("m" + at, "hi"));
    log.append(null, learned("p", 0.5));
    log.append(null, recorded("m" + at, "text"));
    log.append(null, revised("m", "text " + at, log.time().plus(DAY)));
    log.append(null, forgotten("m" + (at - 20)));
    log.append("s" + (at - 20), ended());
  }
}
