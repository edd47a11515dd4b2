package dev.driftless.reconciler.service;

import dev.driftless.projectors.app.Failure;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.runtime.ViewControls;
import dev.driftless.reconciler.Lag;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads lag without end, apart from the checks, which may take long. A thread of its own. */
final class LagReader implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(LagReader.class);

  private final ProjectorsConfig config;
  private final Duration every;
  private final Watch watch;

  private final CountDownLatch stop;

  /**
   * @param stop ends the thread
   */
  LagReader(ProjectorsConfig config, Duration every, Watch watch, CountDownLatch stop) {
    this.config = config;
    this.every = every;
    this.watch = watch;
    this.stop = stop;
  }

  /** What goes wrong here may be gone next time; so a broker's name that nobody knows yet. */
  @Override
  public void run() {
    try {
      do {
        readOn();
      } while (!stop.await(every.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      LOG.debug("interrupted");
    }
  }

  /** Until it is told to stop, or there is nobody to ask. */
  private void readOn() throws InterruptedException {
    try (Lag lag = new Lag(config);
        ViewControls controls = new ViewControls(config.kafka(), config.names())) {
      do {
        read(lag, controls);
      } while (!stop.await(every.toMillis(), TimeUnit.MILLISECONDS));
    } catch (RuntimeException e) {
      unknown(e);
    }
  }

  private void read(Lag lag, ViewControls controls) {
    try {
      watch.lags(lag.read(), controls.paused(), Instant.now());
    } catch (RuntimeException e) {
      unknown(e);
    }
  }

  private void unknown(RuntimeException e) {
    if (stop.getCount() == 0) {
      return;
    }
    String reason = Failure.line(e);
    LOG.debug("lag is not known: {}", reason);
    watch.lagUnknown(reason, Instant.now());
  }
}
