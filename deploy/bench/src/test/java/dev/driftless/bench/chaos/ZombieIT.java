package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.bench.chaos.check.IndependentCheck;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.Lag;
import dev.driftless.reconciler.Reconciler;
import dev.driftless.reconciler.Report;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A projector that stands still in the middle of its batches until another one has taken its place
 * and written newer state overwrites nothing when it goes on, in any of the five stores.
 */
@Tag("long")
final class ZombieIT {

  private static final String NAME = "zombie";

  @Test
  void a_projector_that_was_stopped_and_resumed_overwrites_nothing(@TempDir Path directory)
      throws Exception {
    try (ChaosStack stack = ChaosStack.open()) {
      stack.begin(NAME, System.getProperty("java.class.path"), directory.resolve("logs"));
      ProjectorsConfig config = stack.direct(NAME);
      try (Load load = new Load(Trial.log(config), 3);
          Lag lag = new Lag(config)) {
        write(load, 300);
        awaitApplied(lag, 100);
        load.allow(600);
        Ownership before = stack.suspendProjector();
        stack.projectors().scale(2);
        write(load, 900);
        Trial.awaitCaughtUp(config);
        assertThat(Ownership.now(lag).isAllAnotherSince(before)).as("all was taken over").isTrue();
        assertThat(new IndependentCheck(stack.stores(NAME)).run(load.written())).isEmpty();

        Map<String, Integer> lines = lines(stack);
        stack.projectors().resumeFirst();
        awaitAwake(stack, lines);
        assertThat(new IndependentCheck(stack.stores(NAME)).run(load.written())).isEmpty();
        write(load, 1_200);
        Trial.awaitCaughtUp(config);
        assertThat(new IndependentCheck(stack.stores(NAME)).run(load.written())).isEmpty();
        assertThat(deepCheck(config, directory).exitCode()).isZero();
      }
    }
  }

  private static void write(Load load, int events) {
    load.allow(events);
    load.await(events);
  }

  private static void awaitApplied(Lag lag, long least) {
    Awaitility.await("views at work")
        .atMost(Duration.ofSeconds(60))
        .until(() -> lag.read().stream().allMatch(view -> view.applied() >= least));
  }

  /** Each of its views has said something: it found out, and joined its group again. */
  private static void awaitAwake(ChaosStack stack, Map<String, Integer> linesBefore) {
    Awaitility.await("the zombie's views go on")
        .atMost(Duration.ofSeconds(60))
        .until(
            () ->
                lines(stack).entrySet().stream()
                    .allMatch(now -> now.getValue() > linesBefore.getOrDefault(now.getKey(), 0)));
  }

  private static Map<String, Integer> lines(ChaosStack stack) {
    return Views.names().stream()
        .collect(
            Collectors.toMap(
                view -> view, view -> stack.projectors().linesWith("view=" + view).size()));
  }

  private static Report deepCheck(ProjectorsConfig config, Path directory) {
    try (Reconciler reconciler =
        Reconciler.open(config, "zombies", directory.resolve("copy"), line -> {})) {
      return reconciler.check(Views.names(), true);
    }
  }
}
