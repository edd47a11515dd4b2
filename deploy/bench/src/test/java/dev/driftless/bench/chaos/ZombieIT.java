package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.bench.chaos.check.IndependentCheck;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.Lag;
import dev.driftless.reconciler.Reconciler;
import dev.driftless.reconciler.Report;
import dev.driftless.reconciler.ViewLag;
import dev.driftless.reconciler.ViewLag.PartitionLag;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A projector that stands still in the middle of its batches until another one has taken its place
 * and written newer state overwrites nothing when it goes on, in any of the five stores.
 */
final class ZombieIT {

  private static final String NAME = "zombie";

  @Test
  void a_projector_that_was_stopped_and_resumed_overwrites_nothing(@TempDir Path directory)
      throws Exception {
    try (ChaosStack stack = ChaosStack.open(System.getProperty("java.class.path"))) {
      stack.begin(NAME, directory.resolve("logs"));
      ProjectorsConfig config = stack.direct(NAME);
      try (Load load = new Load(Trial.log(config), 3);
          Lag lag = new Lag(config)) {
        write(load, 300);
        awaitApplied(lag, 100);
        // what is on its way to the stores when it stops is there when it goes on
        Views.names().forEach(view -> stack.proxy(view).delay(Duration.ofMillis(400)));
        write(load, 600);
        stack.projectors().suspendFirst();
        Views.names().forEach(view -> stack.proxy(view).delay(Duration.ZERO));
        Map<String, List<Long>> epochs = epochs(lag);
        stack.projectors().scale(2);
        write(load, 900);
        Trial.awaitCaughtUp(config);
        assertThat(epochs(lag)).as("all was taken over").allSatisfy(
            (view, now) ->
                assertThat(now)
                    .zipSatisfy(epochs.getOrDefault(view, List.of()), (after, before) ->
                        assertThat(after).isGreaterThan(before)));
        assertThat(new IndependentCheck(stack.stores(NAME)).run(load.written())).isEmpty();

        stack.projectors().resumeFirst();
        awaitGivenUp(stack);
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

  /** The zombie has found out in each view that its partitions are another's. */
  private static void awaitGivenUp(ChaosStack stack) {
    Awaitility.await("the zombie's views joined their groups again")
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(
            () ->
                Views.names()
                    .forEach(
                        view ->
                            assertThat(stack.projectors().linesWith("view=" + view))
                                .anyMatch(ZombieIT::tellsOfAnother)));
  }

  private static boolean tellsOfAnother(String line) {
    return line.contains("is no longer the writer") || line.contains("was taken over");
  }

  private static Map<String, List<Long>> epochs(Lag lag) {
    return lag.read().stream()
        .collect(
            Collectors.toMap(
                ViewLag::view,
                view -> view.partitions().stream().map(PartitionLag::epoch).toList()));
  }

  private static Report deepCheck(ProjectorsConfig config, Path directory) {
    try (Reconciler reconciler =
        Reconciler.open(config, "zombies", directory.resolve("copy"), line -> {})) {
      return reconciler.check(Views.names(), true);
    }
  }
}
