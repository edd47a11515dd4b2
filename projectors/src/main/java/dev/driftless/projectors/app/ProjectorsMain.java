package dev.driftless.projectors.app;

import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.schemas.EventRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Keeps one view, several, or all, and their spare generations, until it is told to stop. A view
 * that stops by itself says why in one line and leaves the others alone. The process ends with exit
 * code 1 when none is left to be kept; one whose position is not of this log, and that can be
 * rebuilt, counts as left, for it is this process that fills its spare generation.
 */
@Command(
    name = "driftless-projectors",
    mixinStandardHelpOptions = true,
    description = "Keeps views of the event log up to date.")
public final class ProjectorsMain implements Callable<Integer> {

  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(9);

  @Option(
      names = "--view",
      paramLabel = "VIEW",
      description =
          "A view to keep: relational, vector, cache, context or audit; may be repeated. Default: all.")
  private List<String> views = new ArrayList<>();

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "Settings that differ from the defaults (YAML; see projectors.yaml in the documentation).")
  private @Nullable Path file;

  public static void main(String[] arguments) {
    if (System.getProperty("logback.configurationFile") == null) {
      System.setProperty("logback.configurationFile", "dev/driftless/projectors/app/logback.xml");
    }
    System.exit(
        new CommandLine(new ProjectorsMain())
            .setExecutionExceptionHandler(
                (e, line, result) -> {
                  line.getErr().println("driftless-projectors: " + Failure.line(e));
                  return 1;
                })
            .execute(arguments));
  }

  @Override
  public Integer call() {
    ProjectorsConfig config = ProjectorsConfig.load(file, System.getenv());
    CompletableFuture<Integer> told = Termination.requested();
    EventRegistry registry = config.openRegistry();
    PrometheusMeterRegistry meters = ProcessMeters.open();
    ProcessTraces traces = ProcessTraces.open(config.tracing());
    Map<String, ViewApplication> applications = new LinkedHashMap<>();
    for (String view : views.isEmpty() ? Views.names() : views) {
      applications.computeIfAbsent(
          view,
          kept ->
              new ViewApplication(
                  Views.open(kept, config),
                  registry,
                  config.runtime(),
                  meters,
                  traces.openTelemetry()));
    }
    Pages pages = Pages.serve(config.http(), "http.port", new HealthPages(applications, meters));
    LoggerFactory.getLogger(ProjectorsMain.class).info("health={}", pages.address());
    Spares spares = Spares.of(List.copyOf(applications.keySet()), config, registry, meters);
    int exitCode = 1;
    try {
      applications.values().forEach(ViewApplication::start);
      CompletableFuture<Integer> noneLeft =
          CompletableFuture.allOf(
                  applications.entrySet().stream()
                      .map(kept -> end(kept.getKey(), kept.getValue()))
                      .toArray(CompletableFuture<?>[]::new))
              .thenApply(all -> 1);
      exitCode = told.applyToEither(noneLeft, code -> code).join();
      return exitCode;
    } finally {
      withinTime(
          exitCode,
          () -> {
            stop(applications.values(), spares, registry);
            pages.close();
            traces.close();
          });
    }
  }

  /** Completed when nothing is left to be done for the view; never if it is to be rebuilt. */
  private static CompletableFuture<?> end(String view, ViewApplication application) {
    return application
        .stopped()
        .thenCompose(
            reason ->
                reason.isLost() && Views.withGenerations().contains(view)
                    ? new CompletableFuture<>()
                    : CompletableFuture.completedFuture(reason));
  }

  /**
   * A store that hangs must not keep the process until it is killed. Nothing is lost: what was not
   * committed is read again. Then the process ends without shutdown hooks, for there may be threads
   * that embed; see {@link Termination}.
   */
  private static void withinTime(int exitCode, Runnable stop) {
    Thread thread = new Thread(stop, "stopping");
    thread.setDaemon(true);
    thread.start();
    try {
      thread.join(STOP_TIMEOUT.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      LoggerFactory.getLogger(ProjectorsMain.class)
          .warn("a server does not answer: ended after {} without it", STOP_TIMEOUT);
      Runtime.getRuntime().halt(exitCode);
    }
  }

  /** All at once: each drains and commits in its own time. */
  private static void stop(
      Collection<ViewApplication> applications, Spares spares, EventRegistry registry) {
    CompletableFuture<Void> others = CompletableFuture.runAsync(spares::close);
    ViewApplication.closeAll(applications);
    others.join();
    registry.close();
    LoggerFactory.getLogger(ProjectorsMain.class).info("stopped");
  }
}
