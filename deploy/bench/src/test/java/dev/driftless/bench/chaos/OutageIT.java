package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.bench.chaos.check.IndependentCheck;
import dev.driftless.local.FaultyProxy.Passage;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.projectors.runtime.ViewControls;
import dev.driftless.reconciler.Lag;
import dev.driftless.reconciler.ViewLag;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * While the store of one view is away the others stay current, no thread dies, and 256 MB of heap
 * are enough; when it is back the view catches up. How long each store is away is said by the
 * system property {@code driftless.outage}: 8 s, or 600 s in the profile. There a view must also
 * catch up at the speed at which it did after a pause, while its store was there; half of it is
 * allowed for what else a machine does.
 */
@Tag("long")
final class OutageIT {

  private static final Logger LOG = LoggerFactory.getLogger(OutageIT.class);
  private static final Duration OUTAGE =
      Duration.ofSeconds(Integer.getInteger("driftless.outage", 8));
  private static final Duration STEP = Duration.ofSeconds(2);
  private static final int EVENTS_A_STEP = 300;

  /** Shorter ones leave too little behind to tell how fast a view catches up. */
  private static final Duration MEASURABLE = Duration.ofMinutes(1);

  private static final int EVENTS_TO_MEASURE = 5_000;

  /**
   * Until a view goes on once its store is back, and as much again for what else a machine does:
   * the longest pause between two attempts is half of it.
   */
  private static final Duration TO_NOTICE = Duration.ofSeconds(10);

  /** How much slower than after the pause a view may be, for what else a machine does. */
  private static final int TIMES_SLOWER = 2;

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
        for (String away : new String[] {"relational", "vector", "cache"}) {
          double eventsPerSecond = isMeasured() ? speed(load, lag, config, away) : 0;
          stack.proxy(away).pass(Passage.CUT);
          long backlog = outage(load, lag, away);
          stack.proxy(away).pass(Passage.OPEN);
          Instant back = Instant.now();
          Awaitility.await(away + " goes on")
              .atMost(TO_NOTICE)
              .until(() -> lag.read(away).events() < backlog);
          Duration noticed = Duration.between(back, Instant.now());
          Duration took = catchUp(config);
          LOG.info(
              "{}: {} events behind, went on after {}, caught up {} later; before: {} events/s",
              away,
              backlog,
              noticed,
              took,
              Math.round(eventsPerSecond));
          if (isMeasured()) {
            Duration most =
                Duration.ofMillis((long) (TIMES_SLOWER * 1_000 * backlog / eventsPerSecond));
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

  /** Pauses the view and lets it go on; answers how many events a second it then takes in. */
  private static double speed(Load load, Lag lag, ProjectorsConfig config, String view) {
    ViewControls.set(config.kafka(), config.names(), view, true);
    write(load, load.done() + EVENTS_TO_MEASURE);
    long backlog = lag.read(view).events();
    assertThat(backlog).as("%s is paused", view).isGreaterThan(EVENTS_TO_MEASURE / 2);
    ViewControls.set(config.kafka(), config.names(), view, false);
    return backlog / (catchUp(config).toMillis() / 1e3);
  }

  private static Duration catchUp(ProjectorsConfig config) {
    Instant began = Instant.now();
    Trial.awaitCaughtUp(config);
    return Duration.between(began, Instant.now());
  }

  private static boolean isCurrent(ViewLag view) {
    return view.isKnown() && view.events() == 0;
  }

  private static void write(Load load, int events) {
    load.allow(events);
    load.await(events);
  }
}
