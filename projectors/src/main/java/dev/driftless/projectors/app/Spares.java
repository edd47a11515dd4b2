package dev.driftless.projectors.app;

import dev.driftless.projectors.Generations;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.schemas.EventRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the spare generations that some views have: asks their stores every check interval which
 * there are, so that nothing has to be told to any process. One that stopped by itself is left
 * alone until there is another.
 */
public final class Spares implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Spares.class);

  private final ProjectorsConfig config;
  private final EventRegistry registry;
  private final MeterRegistry meters;
  private final List<Generations> views;
  private final Map<String, Spare> kept = new HashMap<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "spares");

  /** A generation that is being kept, and its identity. */
  private record Spare(String identity, ViewApplication application) {

    boolean isStopped() {
      return application.stopped().isDone();
    }

    /** Whether what it kept is dropped, or it stopped and there is another generation by now. */
    boolean isOver(@Nullable String now) {
      return now == null || (isStopped() && !now.equals(identity));
    }
  }

  private Spares(
      ProjectorsConfig config,
      EventRegistry registry,
      MeterRegistry meters,
      List<Generations> views) {
    this.config = config;
    this.registry = registry;
    this.meters = meters;
    this.views = views;
  }

  /**
   * Begins to watch, on a thread of its own.
   *
   * @param views those of which this process keeps the shown generation
   * @param registry not closed by this
   * @param meters what the spare generations count goes there, tagged with their names
   */
  public static Spares of(
      Collection<String> views,
      ProjectorsConfig config,
      EventRegistry registry,
      MeterRegistry meters) {
    Spares spares =
        new Spares(
            config,
            registry,
            meters,
            Views.withGenerations().stream()
                .filter(views::contains)
                .map(view -> Views.generations(view, config))
                .toList());
    spares.thread.setDaemon(true);
    spares.thread.start();
    return spares;
  }

  /** Stops all that are kept; each drains and commits in its own time. */
  @Override
  public void close() {
    stop.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    ViewApplication.closeAll(kept.values().stream().map(Spare::application).toList());
    views.forEach(Generations::close);
  }

  private void run() {
    try {
      do {
        views.forEach(this::look);
      } while (!stop.await(config.reading().checkInterval().toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      LOG.debug("interrupted");
    }
  }

  /**
   * Where generations were switched, the projectors follow by themselves. If the store does not
   * answer, all stays as it is.
   */
  private void look(Generations view) {
    String identity;
    try {
      identity = view.spareIdentity();
    } catch (RuntimeException e) {
      LOG.debug("view={} its generations are not known", view.view(), e);
      return;
    }
    try {
      keep(view.view(), identity);
    } catch (RuntimeException e) {
      LOG.warn("view={} its spare generation cannot be kept, which is tried again", view.view(), e);
    }
  }

  /**
   * @param identity of the spare generation that there is; null if there is none
   */
  private void keep(String view, @Nullable String identity) {
    Spare spare = kept.get(view);
    if (spare != null && spare.isOver(identity)) {
      LOG.info("view={} the spare generation that was kept is there no more", view);
      kept.remove(view);
      spare.application().abandon();
      spare = null;
    }
    if (identity != null && (spare == null || !spare.isStopped())) {
      kept.put(view, new Spare(identity, spare == null ? start(view) : spare.application()));
    }
  }

  private ViewApplication start(String view) {
    LOG.info("view={} keeping the spare generation too", view);
    Projector projector = Views.openSpare(view, config);
    ViewApplication application;
    try {
      application = new ViewApplication(projector, registry, config.spareRuntime(), meters);
    } catch (RuntimeException e) {
      projector.close();
      throw e;
    }
    try {
      application.start();
      return application;
    } catch (RuntimeException e) {
      application.close();
      throw e;
    }
  }
}
