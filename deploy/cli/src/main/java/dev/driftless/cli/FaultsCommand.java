package dev.driftless.cli;

import dev.driftless.bench.faults.FaultExperiment;
import dev.driftless.bench.faults.FaultsPlan;
import dev.driftless.bench.faults.FaultsReport;
import dev.driftless.bench.faults.Tally;
import dev.driftless.bench.faults.Way;
import dev.driftless.bench.faults.WayResult;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code driftless faults}. */
@Command(
    name = "faults",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeOnExecutionException = 2,
    description = {
      "Stores the same actions in four ways, on servers of its own, while calls fail and processes are killed,"
          + " and counts what the stores then hold.",
      "naive: six writes; careful: with retries and idempotent; saga: with compensations; driftless."
    },
    footer = {
      "",
      "Exit code: 0 the experiment ran, and with driftless no action is partial, lost or duplicated and some are acknowledged;",
      "1 it is not so; 2 it did not run, or not to its end. Where the logs are is said then."
    })
final class FaultsCommand implements Callable<Integer> {

  private static final List<String> FOOTNOTES =
      List.of(
          "naive: six writes, each tried once, drivers' own retries off. careful: each up to five times, with backoff,"
              + " idempotent. saga: each tried once; when one",
          "  fails, it and those before it are undone, each up to five times; what is to be undone is known in memory alone."
              + " driftless: one append, up to five times.",
          "acknowledged: the agent was told that it is stored; refused: that it failed; cut short: its process was killed"
              + " meanwhile, and goes on with the next action:",
          "  naive and saga cannot know what was stored; careful and driftless, which can repeat without harm, store the"
              + " interrupted action again when they are back.",
          "partial: some store holds something of the action, and not every store holds what it should. Such an action has"
              + " one or more of the next four names:",
          "  semantic drift: vector and relational store do not both hold it as it was; log-reality divergence: log and"
              + " relational store;",
          "  context desync: cache and context store; audit gap: the audit trail.",
          "lost: acknowledged, and in no store. duplicated: more than once in a store other than the log; in the audit trail,"
              + " more often than in the log.",
          "repeats in log: records of the log of an action that one before them is of already. No view of driftless takes"
              + " them in.",
          "consistent after: how long after the last action no partial failure was found, nor any later, with the time that it takes"
              + " to read all stores; driftless is",
          "  counted once more when all projectors are at the log's end.",
          "calls: as the proxies count them, connections included; of driftless those of the projectors too, many actions"
              + " in one. Half of those that fail did happen.");

  @Option(
      names = "--actions",
      paramLabel = "N",
      defaultValue = "20000",
      description = "How many, in each way (default: ${DEFAULT-VALUE}).")
  private int actions;

  @Option(
      names = "--probability",
      paramLabel = "P",
      defaultValue = "0.001",
      description = "With which a call to a store fails (default: ${DEFAULT-VALUE}).")
  private double probability;

  @Option(
      names = "--kills",
      paramLabel = "N",
      defaultValue = "10",
      description =
          "How often the agent's process is killed; and with driftless the projectors' (default: ${DEFAULT-VALUE}).")
  private int kills;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of actions, failures and kills (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--ways",
      paramLabel = "WAY",
      split = ",",
      defaultValue = "naive,careful,saga,driftless",
      description = "Separated by commas (default: ${DEFAULT-VALUE}).")
  private Set<Way> ways = Set.of();

  @Mixin private final Output output = new Output();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws Exception {
    FaultsReport report = FaultExperiment.run(plan(), ways, output.progress());
    print(report);
    output.json(Map.of("exitCode", report.exitCode(), "report", report));
    return report.exitCode();
  }

  private FaultsPlan plan() {
    try {
      return new FaultsPlan(actions, probability, kills, seed);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--" + e.getMessage());
    }
  }

  private void print(FaultsReport report) {
    output.table(
        "%,d actions each way, %s %% of calls fail".formatted(actions, percent(probability)),
        report.ways(),
        new Table(
            "way",
            "acknowledged",
            "refused",
            "cut short",
            "agent killed",
            "projectors killed",
            "partial",
            "semantic drift",
            "log-reality divergence",
            "context desync",
            "audit gap",
            "lost",
            "duplicated",
            "repeats in log",
            "consistent after",
            "took"),
        FaultsCommand::cells);
    output.table(
        "calls",
        report.ways().stream()
            .flatMap(way -> way.calls().stream().map(calls -> Map.entry(way, calls)))
            .toList(),
        new Table("way", "store", "calls", "failed", "%"),
        row ->
            Output.cells(
                row.getKey().way().id(),
                row.getValue().store().id(),
                row.getValue().calls(),
                row.getValue().failed(),
                percent(row.getValue().rate())));
    FOOTNOTES.forEach(output.people()::println);
    if (report.problem() != null) {
      output.say("broke off: " + report.problem());
    }
  }

  private static @Nullable Object[] cells(WayResult way) {
    Tally tally = way.tally();
    return Output.cells(
        way.way().id(),
        way.acknowledged(),
        way.refused(),
        way.cutShort(),
        way.agentKills(),
        way.projectorsKills(),
        tally.partial(),
        tally.semanticDrift(),
        tally.logRealityDivergence(),
        tally.contextDesync(),
        tally.auditGap(),
        tally.lost(),
        tally.duplicated(),
        tally.repeatsInLog(),
        way.consistentAfter() == null ? "never" : Output.seconds(way.consistentAfter()),
        Output.seconds(way.took()));
  }

  private static String percent(double share) {
    return "%.2f".formatted(share * 100);
  }
}
