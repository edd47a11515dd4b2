package dev.driftless.cli;

import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Termination;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.Reconciler;
import dev.driftless.reconciler.RepairLimits;
import dev.driftless.reconciler.RepairReport;
import dev.driftless.reconciler.Report;
import dev.driftless.reconciler.service.ReconcilerConfig;
import dev.driftless.reconciler.service.ReconcilerService;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code driftless reconcile}. */
@Command(
    name = "reconcile",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeOnExecutionException = 2,
    description = {
      "Proves that the views hold what the log says, and has them mended.",
      "With --once one report; without, a service that checks without end and serves a page."
    },
    footer = {
      "",
      "Exit code of --once: 0 all views are as the log says, 1 one is not, 2 that could not be told. Without --repair nothing"
          + " is written to any store."
    })
final class ReconcileCommand implements Callable<Integer> {

  @Mixin private final Connection connection;
  @Mixin private final StateDirectory state = new StateDirectory();

  @Option(names = "--once", description = "Check once, print what was found, and end.")
  private boolean once;

  @Option(
      names = "--view",
      paramLabel = "VIEW",
      converter = ViewByName.class,
      description = "Only this view; may be repeated. With --once.")
  private List<String> views = new ArrayList<>();

  @Option(
      names = "--deep",
      description =
          "Everything, recomputed from what is stored; else what changed since the last check. With --once.")
  private boolean deep;

  @Option(names = "--repair", description = "Have differences mended, and check again.")
  private boolean repair;

  @Option(
      names = "--max-percent",
      paramLabel = "P",
      description =
          "If more of a view's keys differ, nothing of it is mended (default: 5, or as configured).")
  private @Nullable Double maxPercent;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "50",
      description = "At most so many divergences are shown (default: ${DEFAULT-VALUE}).")
  private int limit;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Of the page; 0: any that is free. Without --once. Default: 8090.")
  private @Nullable Integer port;

  @Mixin private final Output output = new Output();

  @Spec private CommandSpec spec = CommandSpec.create();

  private final Map<String, String> environment;

  ReconcileCommand(Map<String, String> environment) {
    this.environment = environment;
    this.connection = new Connection(environment);
  }

  @Override
  public Integer call() {
    ProjectorsConfig config = connection.config();
    if (once) {
      EventLog.check(config);
      return checkOnce(config);
    }
    if (deep || !views.isEmpty() || output.isJson()) {
      throw new ParameterException(
          spec.commandLine(), "--deep, --view and --json go with --once: the service checks all");
    }
    return serve(config);
  }

  private int checkOnce(ProjectorsConfig config) {
    List<String> checked = views.isEmpty() ? Views.names() : views;
    RepairLimits limits = service(config).limits();
    ReportTables tables = new ReportTables(output, limit);
    Path directory = state.of("once", connection, config);
    try (Reconciler reconciler =
        Reconciler.open(config, StateDirectory.reconcilerName(directory), directory, output::say)) {
      Report before = reconciler.check(checked, deep);
      tables.print(before);
      List<RepairReport> repairs = List.of();
      Report after = null;
      if (repair && before.hasDivergences()) {
        repairs = reconciler.repair(before, limits);
        tables.print(repairs);
        after = reconciler.check(checked, deep);
        tables.print(after);
      }
      tables.json(before, repairs, after);
      return (after == null ? before : after).exitCode();
    }
  }

  private int serve(ProjectorsConfig config) {
    CompletableFuture<Integer> told = Termination.requested();
    try (ReconcilerService running =
        ReconcilerService.start(config, service(config), output::say)) {
      output.people().println("reconciling; the page is at " + running.address());
      output.people().flush();
      return told.join();
    }
  }

  /** What was told on the command line goes before what file and environment say. */
  private ReconcilerConfig service(ProjectorsConfig config) {
    Map<String, String> settings = new HashMap<>(environment);
    Map<String, String> places =
        Map.of(
            "DRIFTLESS_RECONCILER_STATE", state.of("service", connection, config).toString(),
            "DRIFTLESS_EXPORTS", state.exports(connection, config).toString());
    if (state.isGiven()) {
      settings.putAll(places);
    } else {
      places.forEach(settings::putIfAbsent);
    }
    return ReconcilerConfig.load(connection.file(), settings::get)
        .with(repair ? Boolean.TRUE : null, maxPercent, port);
  }
}
