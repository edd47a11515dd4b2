package dev.driftless.projectors.app;

import dev.driftless.projectors.Generations;
import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.schemas.EventRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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
  private final List<Generations> views;
  private final Map<String, Spare> kept = new HashMap<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "spares");

  /** A generation that is being kept, and its number. */
  private record Spare(int number, ViewApplication application) {

    boolean isStopped() {
      return application.stopped().isDone();
    }
  }

  private Spares(ProjectorsConfig config, EventRegistry registry, List<Generations> views) {
    this.config = config;
    this.registry = registry;
    this.views = views;
  }

  /**
   * Begins to watch, on a thread of its own.
   *
   * @param views those of which this process keeps the shown generation
   * @param registry not closed by this
   */
  public static Spares of(
      Collection<String> views, ProjectorsConfig config, EventRegistry registry) {
    Spares spares =
        new Spares(
            config,
            registry,
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
    kept.values().parallelStream().forEach(spare -> spare.application().close());
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
    try {
      int number = view.numbers().spare();
      Spare spare = kept.get(view.view());
      if (spare != null && (number == 0 || (number != spare.number() && spare.isStopped()))) {
        LOG.info("view={} the spare generation {} is there no more", view.view(), spare.number());
        kept.remove(view.view());
        spare.application().abandon();
      }
      if (number > 0 && !kept.containsKey(view.view())) {
        LOG.info("view={} keeping the spare generation {} too", view.view(), number);
        kept.put(view.view(), start(view.view(), number));
      }
    } catch (RuntimeException e) {
      LOG.debug("view={} its generations are not known", view.view(), e);
    }
  }

  private Spare start(String view, int number) {
    ViewApplication application =
        new ViewApplication(
            Views.openSpare(view, config),
            registry,
            config.spareRuntime(),
            new SimpleMeterRegistry());
    application.start();
    return new Spare(number, application);
  }
}
