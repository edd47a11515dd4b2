package dev.driftless.reconciler.service;

import dev.driftless.projectors.app.Failure;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.CannotTellException;
import dev.driftless.reconciler.Progress;
import dev.driftless.reconciler.Reconciler;
import dev.driftless.reconciler.RepairReport;
import dev.driftless.reconciler.Report;
import dev.driftless.reconciler.ViewReport;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks without end: what changed, of all views, every so often, also while a check of everything
 * goes on; and everything, of one view after the other, within the day's budget. A thread of its
 * own, which alone uses the reconciler.
 */
final class Checks implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(Checks.class);
  private static final Duration DAY = Duration.ofDays(1);

  private final ProjectorsConfig projectors;
  private final ReconcilerConfig config;
  private final Watch watch;
  private final Progress progress;
  private final CountDownLatch stop;

  private @Nullable Reconciler reconciler;
  private long shallowDue = System.nanoTime();
  private long deepDue;
  private long shallowNanos;
  private int turn;

  /**
   * @param stop ends the thread, within seconds if the stores answer
   */
  Checks(
      ProjectorsConfig projectors,
      ReconcilerConfig config,
      Watch watch,
      Progress progress,
      CountDownLatch stop) {
    this.projectors = projectors;
    this.config = config;
    this.watch = watch;
    this.progress = progress;
    this.stop = stop;
    this.deepDue = shallowDue + config.shallowEvery().toNanos();
  }

  @Override
  public void run() {
    try {
      do {
        turn();
      } while (!stop.await(untilNext(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException e) {
      LOG.debug("interrupted");
    } finally {
      close();
    }
  }

  private long untilNext() {
    long next = config.deepBudget().isZero() ? shallowDue : Math.min(shallowDue, deepDue);
    return next - System.nanoTime();
  }

  /** What goes wrong here may be gone next time, with everything opened anew. */
  private void turn() {
    try {
      Reconciler open = open();
      if (isDue(shallowDue)) {
        mend(open, changes(open));
      }
      if (!config.deepBudget().isZero() && isDue(deepDue)) {
        mend(open, everything(open, Views.names().get(turn++ % Views.names().size())));
      }
    } catch (RuntimeException e) {
      if (stop.getCount() == 0) {
        return;
      }
      String reason = Failure.line(e);
      LOG.warn("nothing is checked: {}", reason);
      watch.checksFailed(reason);
      shallowDue = System.nanoTime() + config.shallowEvery().toNanos();
      deepDue = Math.max(deepDue, shallowDue);
      close();
    }
  }

  private Report changes(Reconciler open) {
    long started = System.nanoTime();
    shallowDue = started + config.shallowEvery().toNanos();
    Report report = open.check(Views.names(), false);
    report.views().forEach(this::checked);
    shallowNanos += System.nanoTime() - started;
    return report;
  }

  private Report everything(Reconciler open, String view) {
    Instant at = Instant.now();
    long started = System.nanoTime();
    long shallowBefore = shallowNanos;
    ViewReport report = open.checkEverything(view, () -> meanwhile(open));
    checked(report);
    long took = System.nanoTime() - started - (shallowNanos - shallowBefore);
    double rest = took * ((double) DAY.toNanos() / config.deepBudget().toNanos() - 1);
    deepDue = System.nanoTime() + Math.max(config.shallowEvery().toNanos(), (long) rest);
    return new Report(at, List.of(report));
  }

  private void meanwhile(Reconciler open) {
    alive();
    if (isDue(shallowDue)) {
      changes(open);
    }
  }

  private void mend(Reconciler open, Report report) {
    // what came back during this check is no divergence
    if (!config.repair() || !report.hasDivergences() || open.isOutdated()) {
      return;
    }
    for (RepairReport repair : open.repair(report, config.limits())) {
      if (repair.asked() > 0 || repair.refused() != null) {
        watch.repaired(repair, Instant.now());
        LOG.info(
            "view={} asked={} mended={} refused={}",
            repair.view(),
            repair.asked(),
            repair.mended(),
            repair.refused());
      }
    }
    changes(open);
  }

  private void checked(ViewReport report) {
    watch.checked(report, Instant.now());
    watch.checking(Instant.now());
    if (report.divergenceCount() > 0) {
      LOG.warn(
          "view={} divergences={} deep={}", report.view(), report.divergenceCount(), report.deep());
    }
  }

  private Reconciler open() {
    watch.checking(Instant.now());
    if (reconciler != null && reconciler.isOutdated()) {
      close();
    }
    Reconciler open = reconciler;
    if (open == null) {
      open = Reconciler.open(projectors, config.name(), config.directory(), this::say);
      reconciler = open;
    }
    return open;
  }

  private void say(String line) {
    alive();
    progress.say(line);
  }

  private void alive() {
    watch.checking(Instant.now());
    if (stop.getCount() == 0) {
      throw new CannotTellException("stopped");
    }
  }

  private void close() {
    Reconciler open = reconciler;
    reconciler = null;
    if (open != null) {
      open.close();
    }
  }

  private static boolean isDue(long at) {
    return System.nanoTime() - at >= 0;
  }
}
