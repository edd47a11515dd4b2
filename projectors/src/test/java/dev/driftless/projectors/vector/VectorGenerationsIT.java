package dev.driftless.projectors.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.local.FaultyProxy;
import dev.driftless.projectors.Generations;
import dev.driftless.projectors.Generations.Numbers;
import dev.driftless.schemas.EmbeddingModels;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Commands that make, switch and drop generations of one view at the same time, and such as were
 * killed in the middle.
 */
final class VectorGenerationsIT {

  private static final int ROUNDS = 6;
  private static final Duration ROUND_TRIP = Duration.ofMillis(20);

  private final VectorFixture view = new VectorFixture();
  private final VectorCollections collections = view.collections();
  private final FaultyProxy proxy = FaultyProxy.before(view.config().host(), view.config().port());
  private final VectorGenerations generations = new VectorGenerations(view.config(), view.names());

  /** Of which every request takes its time to arrive. */
  private final VectorGenerations late =
      new VectorGenerations(VectorConfig.of("localhost:" + proxy.port()), view.names());

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @BeforeEach
  void open() {
    mark(collections.open());
    proxy.delay(ROUND_TRIP);
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
    late.close();
    proxy.close();
    drop();
    generations.close();
    view.close();
  }

  @Test
  void what_is_made_by_two_at_once_is_made_once_and_dropped_once() throws Exception {
    Numbers both = new Numbers(1, 2);
    try (VectorGenerations other = new VectorGenerations(view.config(), view.names())) {
      for (int round = 0; round < ROUNDS; round++) {
        assertThat(refusals(generations::prepare, other::prepare)).isEmpty();
        assertThat(generations.numbers()).isEqualTo(both);
        assertThat(spare().made()).isNotEmpty();

        List<String> refused = refusals(() -> generations.drop(both), () -> other.drop(both));
        assertThat(refused).hasSize(1).allMatch(why -> why.contains("another command"));
        assertThat(generations.numbers()).isEqualTo(new Numbers(1, 0));
      }
    }
  }

  @Test
  void who_was_about_to_make_a_generation_spares_what_another_has_switched_to() throws Exception {
    whileLate(
        () -> {},
        before -> late.prepare(),
        before -> {
          generations.prepare();
          mark(spare());
          exchange(generations, generations.numbers());
        });
  }

  @Test
  void who_was_about_to_switch_does_not_switch_to_what_another_drops() throws Exception {
    whileLate(this::fill, before -> exchange(late, before), generations::drop);
  }

  @Test
  void who_was_about_to_switch_does_not_bring_back_what_another_drops() throws Exception {
    whileLate(
        this::fill,
        before -> exchange(late, before),
        before -> {
          exchange(generations, before);
          generations.drop(new Numbers(before.spare(), before.shown()));
        });
  }

  @Test
  void who_was_about_to_drop_spares_what_another_has_switched_to() throws Exception {
    whileLate(this::fill, late::drop, before -> exchange(generations, before));
  }

  @Test
  void who_was_about_to_switch_does_not_switch_to_another_of_the_same_number() throws Exception {
    whileLate(
        this::fill,
        before -> exchange(late, before),
        before -> {
          generations.drop(before);
          generations.prepare();
        });
  }

  @Test
  void a_generation_that_was_not_made_to_its_end_is_made_by_the_next_who_tries() {
    String name = collections.name(2);
    collections.collection(name).create();
    generations.prepare();
    assertThat(generations.numbers()).isEqualTo(new Numbers(1, 2));
    assertThat(spare().name()).isEqualTo(name);
  }

  @Test
  void a_generation_that_was_not_dropped_to_its_end_is_gone_after_the_next_command()
      throws Exception {
    for (Callable<?> next :
        List.<Callable<?>>of(
            Executors.callable(generations::prepare), Executors.callable(this::drop))) {
      fill();
      String half = spare().name();
      generations.putAside(generations.numbers());
      assertThat(generations.numbers().hasSpare()).isFalse();
      assertThat(collections.collection(half).made()).isNotEmpty();
      next.call();
      assertThat(collections.collection(half).made()).isEmpty();
      drop();
    }
  }

  @Test
  void the_spare_generation_is_not_gone_on_with_by_another_model() {
    generations.prepare();
    VectorConfig config = view.config();
    VectorConfig bge =
        new VectorConfig(
            config.address(),
            null,
            false,
            null,
            config.requestTimeout(),
            EmbeddingModels.BGE_SMALL,
            1);
    try (VectorGenerations other = new VectorGenerations(bge, view.names())) {
      assertThatThrownBy(other::prepare).hasMessageContaining(EmbeddingModels.MINILM);
    }
  }

  /** What is asked of generations. */
  private interface Command {
    void run(Numbers before);
  }

  /**
   * In each round the late command begins, and a little later than in the round before the other
   * one is done from beginning to end. Whatever that comes to, readers see what was filled.
   */
  private void whileLate(Runnable given, Command slow, Command quick) throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      given.run();
      Numbers before = generations.numbers();
      int pause = round;
      List<String> refused =
          refusals(
              () -> slow.run(before),
              () -> {
                Thread.sleep(pause * 2 * ROUND_TRIP.toMillis());
                quick.run(before);
                return null;
              });
      assertThat(refused).allMatch(why -> why.contains("another command"));
      Map<String, String> aliases = collections.aliases();
      String shown = aliases.get(collections.alias());
      assertThat(shown).isNotNull();
      assertThat(isMarked(collections.collection(shown))).as("round %d", round).isTrue();
      if (generations.numbers().hasSpare()) {
        assertThat(spare().name()).isNotEqualTo(shown);
        assertThat(spare().made()).isNotEmpty();
      }
      drop();
    }
  }

  private List<String> refusals(Runnable one, Callable<?> other) throws Exception {
    List<Future<?>> both = List.of(threads.submit(one), threads.submit(other));
    List<String> refused = new ArrayList<>();
    for (Future<?> run : both) {
      try {
        run.get();
      } catch (ExecutionException e) {
        refused.add(String.valueOf(e.getCause()));
      }
    }
    return refused;
  }

  private List<String> refusals(Runnable one, Runnable other) throws Exception {
    return refusals(one, Executors.callable(other));
  }

  private static void exchange(Generations generations, Numbers expected) {
    assertThat(generations.exchange(expected, Map::of, false).refused()).isNull();
  }

  private void fill() {
    generations.prepare();
    mark(spare());
  }

  private void drop() {
    generations.drop(generations.numbers());
  }

  private QdrantCollection spare() {
    return collections.collection(
        String.valueOf(collections.aliases().get(VectorCollections.alias(view.names().spare()))));
  }

  /** As one that was filled. */
  private static void mark(QdrantCollection collection) {
    new Positions(collection).acquire(0);
  }

  private static boolean isMarked(QdrantCollection collection) {
    return new Positions(collection).stored(0).epoch() > 0;
  }
}
