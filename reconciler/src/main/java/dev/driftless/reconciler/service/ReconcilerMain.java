package dev.driftless.reconciler.service;

import dev.driftless.projectors.app.Failure;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Termination;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs the reconciler's service until it is told to stop. */
@Command(
    name = "driftless-reconciler",
    mixinStandardHelpOptions = true,
    description = "Proves the views against the log without end, and tells over HTTP how they are.")
public final class ReconcilerMain implements Callable<Integer> {

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "Settings that differ from the defaults (YAML; see projectors.yaml and reconciler.yaml in the documentation).")
  private @Nullable Path file;

  public static void main(String[] arguments) {
    if (System.getProperty("logback.configurationFile") == null) {
      System.setProperty("logback.configurationFile", "dev/driftless/projectors/app/logback.xml");
    }
    System.exit(
        new CommandLine(new ReconcilerMain())
            .setExecutionExceptionHandler(
                (e, line, result) -> {
                  line.getErr().println("driftless-reconciler: " + Failure.line(e));
                  return 1;
                })
            .execute(arguments));
  }

  @Override
  public Integer call() {
    CompletableFuture<Integer> told = Termination.requested();
    Logger log = LoggerFactory.getLogger(ReconcilerMain.class);
    try (ReconcilerService service =
        ReconcilerService.start(
            ProjectorsConfig.load(file, System.getenv()),
            ReconcilerConfig.load(file, System::getenv),
            log::info)) {
      log.info("page={}", service.address());
      return told.join();
    }
  }
}
