package dev.driftless.reconciler.service;

import dev.driftless.projectors.app.Pages;
import dev.driftless.projectors.app.ProcessMeters;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.reconciler.Progress;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;

/**
 * Checks the views without end, mends them if it is told to, and tells over HTTP how they are.
 * Servers that are away are waited for. Safe for several threads.
 */
public final class ReconcilerService implements AutoCloseable {

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(9);

  private final Pages pages;
  private final List<Thread> threads;
  private final CountDownLatch stop;

  private ReconcilerService(Pages pages, List<Thread> threads, CountDownLatch stop) {
    this.pages = pages;
    this.threads = threads;
    this.stop = stop;
  }

  /**
   * Starts it, and returns.
   *
   * @param projectors where the servers are
   * @param progress is told what takes long, from another thread
   * @throws IllegalStateException if the port is taken
   */
  public static ReconcilerService start(
      ProjectorsConfig projectors, ReconcilerConfig config, Progress progress) {
    PrometheusMeterRegistry meters = ProcessMeters.open();
    Instant now = Instant.now();
    Trend trend = Trend.open(config.directory().resolve("history.jsonl"), now);
    Watch watch = new Watch(config, new ReconcilerMeters(meters), trend, now);
    Pages pages =
        Pages.serve(config.http(), "reconciler.http.port", new StatusPages(watch, meters));
    CountDownLatch stop = new CountDownLatch(1);
    List<Thread> threads =
        List.of(
            new Thread(new LagReader(projectors, config.lagEvery(), watch, stop), "lag"),
            new Thread(new Checks(projectors, config, watch, progress, stop), "checks"));
    threads.forEach(
        thread -> {
          thread.setUncaughtExceptionHandler(ReconcilerService::died);
          thread.start();
        });
    return new ReconcilerService(pages, threads, stop);
  }

  /** Of the page. */
  public URI address() {
    return pages.address();
  }

  /**
   * Ends what goes on, and returns when it has ended, or after 9 s: what a server does not answer
   * until then ends with the process. Nothing is lost by that; the next check finds it again.
   */
  @Override
  public void close() {
    synchronized (stop) {
      if (stop.getCount() > 0) {
        stop.countDown();
        pages.close();
      }
    }
    long deadline = System.nanoTime() + CLOSE_TIMEOUT.toNanos();
    try {
      for (Thread thread : threads) {
        thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Nothing is caught that says that this process cannot go on, for example no memory left. */
  private static void died(Thread thread, Throwable e) {
    LoggerFactory.getLogger(ReconcilerService.class)
        .error("thread={} ended: {}", thread.getName(), e.toString());
  }
}
