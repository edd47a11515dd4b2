package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Nothing is lost, done twice, stale, out of order or told wrongly by any schedule. In every build
 * one short schedule; how many and how long is said by the system properties {@code
 * driftless.schedules} and {@code driftless.events}, the first seed by {@code driftless.seed}, by
 * {@code driftless.stacks} how many are run at once, each on servers of its own, and by {@code
 * driftless.kinds} which faults are done, separated by commas. A seed names one schedule: what is
 * not done is left out, and the rest is as it was.
 */
final class ChaosIT {

  private static final Logger LOG = LoggerFactory.getLogger(ChaosIT.class);
  private static final int SCHEDULES = Integer.getInteger("driftless.schedules", 1);
  private static final int EVENTS = Integer.getInteger("driftless.events", 1_000);
  private static final long SEED = Long.getLong("driftless.seed", 1);
  private static final int STACKS = Integer.getInteger("driftless.stacks", 1);

  /** Unless others are named those that take no longer than some seconds each. */
  private static final String KINDS =
      System.getProperty("driftless.kinds", "kill,cut,flaky,wipe,lose-tail");

  private final AtomicLong seeds = new AtomicLong(SEED);
  private final AtomicBoolean failed = new AtomicBoolean();

  @Test
  void no_schedule_of_faults_makes_a_view_differ_from_the_log() throws Exception {
    run(KINDS);
  }

  @Test
  @Tag("long")
  @DisabledIfSystemProperty(
      named = "driftless.kinds",
      matches = ".+",
      disabledReason = "which faults are done is said")
  void what_is_written_late_makes_no_view_differ_from_the_log() throws Exception {
    run("late");
  }

  private void run(String kinds) throws Exception {
    List<Callable<Void>> stacks = new ArrayList<>();
    for (int stack = 1; stack <= Math.min(STACKS, SCHEDULES); stack++) {
      String name = "stack " + stack;
      stacks.add(() -> runWhatIsLeft(name, kinds));
    }
    ExecutorService threads = Executors.newFixedThreadPool(stacks.size());
    try {
      for (Future<Void> stack : threads.invokeAll(stacks)) {
        var unused = stack.get();
      }
    } finally {
      threads.shutdown();
    }
  }

  /** One schedule after the other; none is begun after one failed, on whichever stack. */
  private Void runWhatIsLeft(String name, String only) {
    try (Chaos chaos = Chaos.open(line -> LOG.info("{}: {}", name, line))) {
      Set<FaultKind> kinds = EnumSet.copyOf(chaos.kinds());
      kinds.retainAll(Arrays.stream(only.split(",")).map(FaultKind::of).toList());
      LOG.info("{} leaves out: {}", name, EnumSet.complementOf(EnumSet.copyOf(kinds)));
      for (long seed = seeds.getAndIncrement();
          seed < SEED + SCHEDULES && !failed.get();
          seed = seeds.getAndIncrement()) {
        ChaosReport report = chaos.run(Schedule.of(seed, EVENTS).only(kinds));
        LOG.info(
            "seed {}: {} events, {} checks, caught up in {}, took {}",
            seed,
            report.appended(),
            report.checks(),
            report.catchUp(),
            report.took());
        mustBeClean(report);
      }
    } catch (RuntimeException | AssertionError e) {
      failed.set(true);
      LOG.error("{} failed", name, e);
      throw e;
    }
    return null;
  }

  private static void mustBeClean(ChaosReport report) {
    String again = "%s, logs in %s".formatted(report.schedule(), report.logs());
    assertThat(report.problem()).as(again).isNull();
    assertThat(report.findings()).as(again).isEmpty();
    assertThat(report.divergences()).as(again).isEmpty();
    assertThat(report.falseAlarms()).as(again).isEmpty();
    assertThat(report.deadLetters()).as(again).isZero();
    assertThat(report.appended()).as(again).isEqualTo(EVENTS);
    assertThat(report.checks()).as("checks while faults were done: " + again).isPositive();
  }
}
