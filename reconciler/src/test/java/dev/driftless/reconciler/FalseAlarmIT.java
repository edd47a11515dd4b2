package dev.driftless.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.events.MemoryEvent;
import dev.driftless.local.Addresses;
import dev.driftless.local.FaultyProxy;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.app.Views;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * While 500 events a second are written, some of them twice, in transactions, or in transactions
 * that are taken back, the projectors' process is killed and started again, and one store is slow,
 * no check finds a divergence. The number of checks is that of the system property {@code
 * driftless.checks}.
 */
final class FalseAlarmIT {

  private static final int CHECKS = Integer.getInteger("driftless.checks", 4);
  private static final int EVENTS_PER_SECOND = 500;
  private static final int BETWEEN_KILLS = 3;
  private static final Duration SLOW = Duration.ofMillis(30);

  /**
   * Written for each check at most: where checks are slow, what they read must not grow ever faster
   * than they.
   */
  private static final int TENTHS_A_CHECK = 40;

  /** What a deep check reads is all that was ever written: another log begins after so many. */
  private static final int CHECKS_OF_A_LOG = 50;

  @Test
  void no_check_finds_a_divergence_while_projectors_die_under_load() throws Exception {
    Addresses servers = TestStack.shared().with(ServerKind.values());
    for (int left = CHECKS; left > 0; left -= CHECKS_OF_A_LOG) {
      checkWhileProjectorsDie(servers, Math.min(left, CHECKS_OF_A_LOG));
    }
  }

  private static void checkWhileProjectorsDie(Addresses servers, int checks) throws Exception {
    URI redis = URI.create(servers.redisUrl());
    AtomicBoolean over = new AtomicBoolean();
    Semaphore tenths = new Semaphore(TENTHS_A_CHECK);
    try (FaultyProxy slow = FaultyProxy.before(redis.getHost(), redis.getPort());
        KeptViews views = new KeptViews(servers, Map.of());
        Reconciler reconciler = views.reconciler("alarms")) {
      slow.delay(SLOW);
      Map<String, String> variables = new HashMap<>(views.variables());
      variables.put("REDIS_URL", "redis://127.0.0.1:" + slow.port());
      Thread writer = new Thread(() -> write(views, over, tenths), "writer");
      writer.start();
      Process projectors = ProjectorProcess.start("", variables, views.directory());
      try {
        for (int check = 1; check <= checks; check++) {
          if (check % BETWEEN_KILLS == 0) {
            projectors.destroyForcibly().waitFor();
            projectors = ProjectorProcess.start("", variables, views.directory());
          }
          tenths.release(TENTHS_A_CHECK);
          awaitMovement(reconciler.lag());
          assertClean(check, reconciler.check(Views.names(), false));
          String whole = Views.names().get(check % Views.names().size());
          assertClean(check, reconciler.check(List.of(whole), true));
        }
        over.set(true);
        tenths.release();
        writer.join();
        views.awaitCaughtUp();
        Report last = reconciler.check(Views.names(), true);
        assertThat(last.exitCode()).isZero();
        assertThat(last.views()).allSatisfy(view -> assertThat(view.compared()).isPositive());
      } finally {
        over.set(true);
        tenths.release();
        projectors.destroy();
        projectors.waitFor(20, TimeUnit.SECONDS);
        projectors.destroyForcibly();
      }
    }
  }

  private static void assertClean(int check, Report report) {
    assertThat(report.views())
        .as("check %d", check)
        .allSatisfy(
            view -> {
              assertThat(view.unknown()).isNull();
              assertThat(view.divergences()).isEmpty();
              assertThat(view.deadLetters()).isEmpty();
            });
  }

  /** No two checks of the same state: something is applied between them. */
  private static void awaitMovement(Lag lag) {
    long before = applied(lag);
    Awaitility.await("projectors at work")
        .atMost(Duration.ofMinutes(3))
        .until(() -> applied(lag) > before);
  }

  private static long applied(Lag lag) {
    return lag.read().stream().mapToLong(ViewLag::applied).sum();
  }

  private static void write(KeptViews views, AtomicBoolean over, Semaphore tenths) {
    Random random = new Random(11);
    long next = System.nanoTime();
    for (int tenth = 0; !over.get(); tenth++) {
      tenths.acquireUninterruptibly();
      List<MemoryEvent> events =
          new ArrayList<>(Events.stream(random, 200, EVENTS_PER_SECOND / 10));
      if (tenth % 7 == 0) {
        views.publishAtOnce(events, tenth % 14 == 0);
      } else {
        events.add(events.get(0)); // published again
        views.publish(events);
      }
      next += TimeUnit.MILLISECONDS.toNanos(100);
      long left = next - System.nanoTime();
      if (left > 0) {
        try {
          TimeUnit.NANOSECONDS.sleep(left);
        } catch (InterruptedException e) {
          return;
        }
      }
    }
  }
}
