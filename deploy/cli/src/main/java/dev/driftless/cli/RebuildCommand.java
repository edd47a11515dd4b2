package dev.driftless.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.driftless.projectors.Generations.Numbers;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.Rebuild;
import dev.driftless.reconciler.Reconciler;
import dev.driftless.reconciler.RepairLimits;
import dev.driftless.reconciler.RepairReport;
import dev.driftless.reconciler.Report;
import dev.driftless.reconciler.ReportJson;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code driftless rebuild}. */
@Command(
    name = "rebuild",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeOnExecutionException = 2,
    description = {
      "Fills a new generation of a view from the log beside the one that readers see, checks it, and has readers see it.",
      "The old one is kept and fed until it is dropped. The cache is written anew in place, where it differs. Events go on being applied."
    },
    footer = {
      "",
      "Whatever ends the command, the view is as it was or as it is to be; run it again to go on. Exit code 0: done; 1: what was"
          + " built is not as the log says, nothing was switched; 2: not done, with the reason."
    })
final class RebuildCommand implements Callable<Integer> {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int SHOWN_DIVERGENCES = 50;

  @Parameters(
      paramLabel = "VIEW",
      converter = ViewByName.class,
      description = "relational, vector, cache, context or audit.")
  private String view = "";

  @Mixin private final Connection connection;
  @Mixin private final StateDirectory state = new StateDirectory();

  @ArgGroup private Part part = new Part();

  /** What else to do than all of it. */
  private static final class Part {

    @Option(names = "--no-switch", description = "Fill and check only.")
    private boolean noSwitch;

    @Option(
        names = "--back",
        description = "Have readers see the old generation again, once it has all that they saw.")
    private boolean back;

    @Option(
        names = "--drop",
        description =
            "Delete the generation that readers do not see: the old one, or one that is being filled.")
    private boolean drop;
  }

  @Mixin private final Output output = new Output();

  @Spec private CommandSpec spec = CommandSpec.create();

  RebuildCommand(Map<String, String> environment) {
    this.connection = new Connection(environment);
  }

  @Override
  public Integer call() {
    ProjectorsConfig config = connection.config();
    if (!Views.withGenerations().contains(view)) {
      if (part.noSwitch || part.back || part.drop) {
        throw new ParameterException(
            spec.commandLine(),
            "--no-switch, --back and --drop are not for the %s: it is written anew in place"
                .formatted(view));
      }
      EventLog.check(config);
      return checking(config, this::inPlace);
    }
    EventLog.check(config);
    try (Rebuild rebuild = new Rebuild(config, view, output::say)) {
      return part.back ? back(rebuild) : part.drop ? drop(rebuild) : build(config, rebuild);
    }
  }

  private int build(ProjectorsConfig config, Rebuild rebuild) {
    refuseOld(rebuild, rebuild.numbers());
    rebuild.prepare();
    Numbers now = rebuild.numbers();
    refuseOld(rebuild, now); // another command may have switched in between
    output.say(
        "%s: readers see generation %d, generation %d is being filled beside it"
            .formatted(view, now.shown(), now.spare()));
    rebuild.fill();
    Report report = checking(config, reconciler -> reconciler.checkSpare(view));
    new ReportTables(output, SHOWN_DIVERGENCES).print(report);
    if (report.exitCode() != 0) {
      output.say(
          "%s: not switched; generation %d is still kept beside: run this again to check it again, or --drop it"
              .formatted(view, now.spare()));
      return answer(report.exitCode(), now, report, null);
    }
    if (part.noSwitch) {
      tell(
          "generation %d is as the log says; to switch to it, run this again without --no-switch",
          now.spare());
      return answer(0, now, report, null);
    }
    return exchange(rebuild, now, report);
  }

  private void refuseOld(Rebuild rebuild, Numbers now) {
    if (now.isSpareOld()) {
      throw new IllegalStateException(
          "%s was rebuilt: readers see generation %d, and generation %d is still kept; %s"
              .formatted(
                  view,
                  now.shown(),
                  now.spare(),
                  rebuild.lagOfSpare().isLost() ? howToDrop() : whatNext()));
    }
  }

  private int back(Rebuild rebuild) {
    Numbers now = rebuild.numbers();
    if (!now.isSpareOld()) {
      throw new IllegalStateException(
          now.hasSpare()
              ? "readers see generation %d, the old one; generation %d is new: run this without --back to switch to it"
                  .formatted(now.shown(), now.spare())
              : "there is no old generation of the view " + view);
    }
    if (rebuild.lagOfSpare().isLost()) {
      throw new IllegalStateException(
          "generation %d is of another log than this one: readers cannot go back to it; %s"
              .formatted(now.spare(), howToDrop()));
    }
    return exchange(rebuild, now, null);
  }

  private int exchange(Rebuild rebuild, Numbers before, @Nullable Report report) {
    boolean stopped = rebuild.isLost();
    Duration took = rebuild.exchange(before);
    Numbers now = new Numbers(before.spare(), before.shown());
    tell("readers see generation %d; the switch took %.3f s", now.shown(), took.toNanos() / 1e9);
    tell(
        stopped
            ? "generation %d is of another log than this one, and not fed: " + howToDrop()
            : now.isSpareOld()
                ? "generation %d is kept and fed: " + whatNext()
                : "generation %d is kept and fed: driftless rebuild "
                    + view
                    + " switches to it again, --drop deletes it",
        now.spare());
    for (String bound : rebuild.boundToSpare()) {
      tell("%s still belongs to the generation that was replaced: make it anew", bound);
    }
    if (stopped) {
      output.people().println(view + ": its projector had stopped: start it again");
    }
    return answer(0, now, report, took);
  }

  private int drop(Rebuild rebuild) {
    Numbers now = rebuild.numbers();
    if (!now.hasSpare()) {
      rebuild.drop(now); // what one that was killed left
      throw new IllegalStateException(
          "there is no generation of the view %s but the one that readers see".formatted(view));
    }
    if (view.equals("audit") && now.isSpareOld()) {
      tell(
          "generation %d is evidence of what the audit trail was, and is being deleted, with what earlier repairs left in it (records_until_…)",
          now.spare());
    }
    rebuild.drop(now);
    tell("generation %d is deleted, and fed no more", now.spare());
    return answer(0, new Numbers(now.shown(), 0), null, null);
  }

  private int inPlace(Reconciler reconciler) {
    RepairLimits limits =
        new RepairLimits(100, state.exports(connection, connection.config()), PATIENCE);
    if (reconciler.lag().read(view).isLost()) {
      throw new IllegalStateException(
          "the position of the %s is not one of this log: delete its keys (driftless:*, with the name before) in one step, and start its projector again"
              .formatted(view));
    }
    ReportTables tables = new ReportTables(output, SHOWN_DIVERGENCES);
    RepairReport rewritten = reconciler.rewrite(view, limits);
    tables.print(List.of(rewritten));
    Report report = reconciler.check(List.of(view), true);
    if (rewritten.refused() == null && report.hasDivergences()) {
      tables.print(reconciler.repair(report, limits));
      report = reconciler.check(List.of(view), true);
    }
    tables.print(report);
    return answer(
        rewritten.refused() == null ? report.exitCode() : 2, new Numbers(1, 0), report, null);
  }

  private <T> T checking(ProjectorsConfig config, Function<Reconciler, T> work) {
    Path directory = state.of("once", connection, config);
    try (Reconciler reconciler =
        Reconciler.open(config, StateDirectory.reconcilerName(directory), directory, output::say)) {
      return work.apply(reconciler);
    }
  }

  private String whatNext() {
    return "driftless rebuild %s --back returns to it, %s".formatted(view, howToDrop());
  }

  private String howToDrop() {
    return "driftless rebuild %s --drop deletes it".formatted(view);
  }

  private void tell(String line, Object... values) {
    output.people().println(view + ": " + line.formatted(values));
    output.people().flush();
  }

  private int answer(
      int exitCode, Numbers now, @Nullable Report report, @Nullable Duration switched) {
    output.json(
        () -> {
          ObjectNode answer = Output.object();
          answer.put("view", view).put("exitCode", exitCode);
          answer.put("shown", now.shown());
          answer.put("spare", now.hasSpare() ? now.spare() : null);
          answer.put("switchSeconds", switched == null ? null : switched.toNanos() / 1e9);
          answer.set("report", report == null ? null : ReportJson.of(report, SHOWN_DIVERGENCES));
          return answer;
        });
    return exitCode;
  }
}
