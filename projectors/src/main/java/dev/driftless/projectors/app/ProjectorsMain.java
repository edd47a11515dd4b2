package dev.driftless.projectors.app;

import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.schemas.EventRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
                  line.getErr().println("driftless-projectors: " + e.getMessage());
                  return 1;
                })
            .execute(arguments));
  }

  @Override
  public Integer call() {
    ProjectorsConfig config = ProjectorsConfig.load(file, System::getenv);
    EventRegistry registry =
        new EventRegistry(config.registry().url(), config.names(), config.registry().settings());
    List<ViewApplication> applications = new ArrayList<>();
    List<String> kept = views.isEmpty() ? Views.names() : views;
    for (String view : kept) {
      applications.add(
          new ViewApplication(
              Views.open(view, config), registry, config.runtime(), new SimpleMeterRegistry()));
    }
    Spares spares = Spares.of(kept, config, registry);
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> stop(applications, spares, registry), "stop"));
    applications.forEach(ViewApplication::start);
    CompletableFuture<?>[] ends = new CompletableFuture<?>[applications.size()];
    for (int i = 0; i < ends.length; i++) {
      ends[i] = end(kept.get(i), applications.get(i));
    }
    CompletableFuture.allOf(ends).join();
    return 1;
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

  /** All at once: each drains and commits in its own time. */
  private static void stop(
      List<ViewApplication> applications, Spares spares, EventRegistry registry) {
    CompletableFuture<Void> others = CompletableFuture.runAsync(spares::close);
    ViewApplication.closeAll(applications);
    others.join();
    registry.close();
    LoggerFactory.getLogger(ProjectorsMain.class).info("stopped");
  }
}
