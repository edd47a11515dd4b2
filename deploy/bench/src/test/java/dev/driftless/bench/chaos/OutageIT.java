package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.bench.chaos.check.IndependentCheck;
import dev.driftless.local.FaultyProxy.Passage;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.Lag;
import dev.driftless.reconciler.ViewLag;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * While the store of one view is away the others stay current, no thread dies, and 256 MB of heap
 * are enough; when it is back the view catches up. How long each store is away is said by the
 * system property {@code driftless.outage}: 8 s, or 600 s in the profile. There a view must also
 * catch up at a third at least of the speed at which all views were filled.
 */
final class OutageIT {

  private static final Logger LOG = LoggerFactory.getLogger(OutageIT.class);
  private static final Duration OUTAGE =
      Duration.ofSeconds(Integer.getInteger("driftless.outage", 8));
  private static final Duration STEP = Duration.ofSeconds(2);
  private static final int EVENTS_A_STEP = 300;

  /** Shorter ones leave too little behind to tell how fast a view catches up. */
  private static final Duration MEASURABLE = Duration.ofMinutes(1);

  private static final int EVENTS_TO_MEASURE = 5_000;

  /** Until a view notices that its store is back. */
  private static final Duration TO_NOTICE = Duration.ofSeconds(5);

  private static final String NAME = "outage";

  @Test
  void a_store_that_is_away_holds_up_no_other_view(@TempDir Path directory) throws Exception {
    try (ChaosStack stack = ChaosStack.open()) {
      stack.begin(NAME, System.getProperty("java.class.path"), directory.resolve("logs"));
      ProjectorsConfig config = stack.direct(NAME);
      try (Load load = new Load(Trial.log(config), 5);
          Lag lag = new Lag(config)) {
        write(load, 300);
        Trial.awaitCaughtUp(config);
        double eventsPerSecond = isMeasured() ? fill(load, config) : 0;
        for (String away : new String[] {"relational", "vector", "cache"}) {
          stack.proxy(away).pass(Passage.CUT);
          long backlog = outage(load, lag, away);
          stack.proxy(away).pass(Passage.OPEN);
          Duration took = catchUp(config);
          LOG.info(
              "{}: {} events behind, caught up {} after its store was back", away, backlog, took);
          if (isMeasured()) {
            Duration most = TO_NOTICE.plusMillis((long) (3_000 * backlog / eventsPerSecond));
            assertThat(took).as("%s, %d events", away, backlog).isLessThanOrEqualTo(most);
          }
        }
        assertThat(new IndependentCheck(stack.stores(NAME)).run(load.written())).isEmpty();
        assertThat(stack.projectors().linesWith("a stream thread failed")).isEmpty();
        assertThat(stack.projectors().linesWith("OutOfMemoryError")).isEmpty();
        assertThat(stack.projectors().linesWith("going on after"))
            .as("each store was missed")
            .hasSizeGreaterThanOrEqualTo(3);
      }
    }
  }

  /** Writes for as long as the store is away; answers how much its view did not get. */
  private static long outage(Load load, Lag lag, String away) {
    Instant end = Instant.now().plus(OUTAGE);
    while (Instant.now().isBefore(end)) {
      write(load, load.done() + EVENTS_A_STEP);
      for (String view : Views.names()) {
        if (!view.equals(away)) {
          Awaitility.await(view + " is current while the store of " + away + " is away")
              .atMost(Duration.ofSeconds(30))
              .until(() -> isCurrent(lag.read(view)));
        }
      }
      Pause.of(STEP);
    }
    ViewLag behind = lag.read(away);
    assertThat(behind.events()).as("%s is behind", away).isGreaterThanOrEqualTo(EVENTS_A_STEP);
    return behind.events();
  }

  private static boolean isMeasured() {
    return OUTAGE.compareTo(MEASURABLE) >= 0;
  }

  /** Answers how many events a second all views took in, none being away. */
  private static double fill(Load load, ProjectorsConfig config) {
    long began = System.nanoTime();
    write(load, load.done() + EVENTS_TO_MEASURE);
    Trial.awaitCaughtUp(config);
    return EVENTS_TO_MEASURE / ((System.nanoTime() - began) / 1e9);
  }

  private static Duration catchUp(ProjectorsConfig config) {
    Instant back = Instant.now();
    Trial.awaitCaughtUp(config);
    return Duration.between(back, Instant.now());
  }

  private static boolean isCurrent(ViewLag view) {
    return view.isKnown() && view.events() == 0;
  }

  private static void write(Load load, int events) {
    load.allow(events);
    load.await(events);
  }
}
