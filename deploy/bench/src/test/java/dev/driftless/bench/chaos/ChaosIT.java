package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Nothing is lost, done twice, stale, out of order or told wrongly by any schedule. In every build
 * one short schedule; how many and how long is said by the system properties {@code
 * driftless.schedules} and {@code driftless.events}, the first seed by {@code driftless.seed}, and
 * by {@code driftless.kinds} which faults are done, separated by commas. A seed names one schedule:
 * what is not done is left out, and the rest is as it was.
 */
final class ChaosIT {

  private static final Logger LOG = LoggerFactory.getLogger(ChaosIT.class);
  private static final int SCHEDULES = Integer.getInteger("driftless.schedules", 1);
  private static final int EVENTS = Integer.getInteger("driftless.events", 1_000);
  private static final long SEED = Long.getLong("driftless.seed", 1);

  /** Unless others are named those that take no longer than some seconds each. */
  private static final String KINDS =
      System.getProperty("driftless.kinds", "kill,cut,flaky,wipe,lose-tail,late");

  @Test
  void no_schedule_of_faults_makes_a_view_differ_from_the_log() {
    try (Chaos chaos = Chaos.open(LOG::info)) {
      Set<FaultKind> kinds = EnumSet.copyOf(chaos.kinds());
      kinds.retainAll(Arrays.stream(KINDS.split(",")).map(FaultKind::of).toList());
      LOG.info("left out: {}", EnumSet.complementOf(EnumSet.copyOf(kinds)));
      for (long seed = SEED; seed < SEED + SCHEDULES; seed++) {
        ChaosReport report = chaos.run(Schedule.of(seed, EVENTS).only(kinds));
        LOG.info(
            "seed {}: {} events, {} checks, caught up in {}, took {}",
            seed,
            report.appended(),
            report.checks(),
            report.catchUp(),
            report.took());

        String again = "%s, logs in %s".formatted(report.schedule(), report.logs());
        assertThat(report.problem()).as(again).isNull();
        assertThat(report.findings()).as(again).isEmpty();
        assertThat(report.divergences()).as(again).isEmpty();
        assertThat(report.falseAlarms()).as(again).isEmpty();
        assertThat(report.deadLetters()).as(again).isZero();
        assertThat(report.appended()).isEqualTo(EVENTS);
        assertThat(report.checks()).as("checks while faults were done").isPositive();
      }
    }
  }
}
