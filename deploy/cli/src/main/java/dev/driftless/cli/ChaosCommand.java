package dev.driftless.cli;

import dev.driftless.bench.chaos.Chaos;
import dev.driftless.bench.chaos.ChaosReport;
import dev.driftless.bench.chaos.FaultKind;
import dev.driftless.bench.chaos.Schedule;
import dev.driftless.bench.chaos.check.Wrong;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code driftless chaos}. */
@Command(
    name = "chaos",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeOnExecutionException = 2,
    description = {
      "Kills, stops, cuts off, wipes and fills what the views stand on, under load, by a schedule",
      "that a seed makes; then compares everything with the log. On a temporary stack of its own."
    },
    footer = {
      "",
      "Exit code: 0 nothing was wrong; 1 something was, or a run could not be finished: then seed and schedule are printed;"
          + " 2 it could not be run, or not be cleared away."
    })
final class ChaosCommand implements Callable<Integer> {

  private static final int MOST_SHOWN = 20;

  private static final List<String> MAKE_SCHEDULES =
      List.of("--seed", "--events", "--schedules", "--minutes");

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Of the first schedule; the next ones have the next (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--events",
      paramLabel = "N",
      defaultValue = "5000",
      description = "In each schedule (default: ${DEFAULT-VALUE}).")
  private int events;

  @Option(
      names = "--schedules",
      paramLabel = "K",
      description = "How many to run (default: 1, or as many as begin within --minutes).")
  private @Nullable Integer schedules;

  @Option(
      names = "--minutes",
      paramLabel = "M",
      description = "Begin no schedule after so many minutes.")
  private @Nullable Integer minutes;

  @Option(
      names = "--schedule",
      paramLabel = "FILE",
      description = "Run the schedule in this file, as a failed run has printed it, and no other.")
  private @Nullable Path file;

  @Mixin private final Output output = new Output();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    Schedule only = file == null ? null : read(file);
    mustBeAtLeast(1, "--schedules", schedules);
    mustBeAtLeast(1, "--minutes", minutes);
    mustBeAtLeast(Schedule.LEAST_EVENTS, "--events", events);
    List<ChaosReport> reports;
    try (Chaos chaos = Chaos.open(output.progress())) {
      if (!chaos.kinds().contains(FaultKind.DISK_FULL)) {
        output.say("no disk is filled: that needs the right to mount one");
      }
      reports = only == null ? runAll(chaos) : List.of(run(chaos, only));
      print(reports);
    }
    return reports.stream().allMatch(ChaosReport::isClean) ? 0 : 1;
  }

  private Schedule read(Path path) throws IOException {
    for (String other : MAKE_SCHEDULES) {
      if (spec.commandLine().getParseResult().hasMatchedOption(other)) {
        throw refused("%s: --schedule says it all: leave it out".formatted(other));
      }
    }
    try {
      return Schedule.parse(Files.readString(path));
    } catch (IllegalArgumentException e) {
      throw refused("--schedule: " + e.getMessage());
    }
  }

  private void mustBeAtLeast(int least, String option, @Nullable Integer number) {
    if (number != null && number < least) {
      throw refused("%s: expected at least %d, found %d".formatted(option, least, number));
    }
  }

  private ParameterException refused(String why) {
    return new ParameterException(spec.commandLine(), why);
  }

  private List<ChaosReport> runAll(Chaos chaos) {
    Instant end = minutes == null ? Instant.MAX : Instant.now().plus(Duration.ofMinutes(minutes));
    int most = schedules != null ? schedules : minutes == null ? 1 : Integer.MAX_VALUE;
    List<ChaosReport> reports = new ArrayList<>();
    while (reports.size() < most && Instant.now().isBefore(end)) {
      ChaosReport report =
          run(chaos, Schedule.of(seed + reports.size(), events).only(chaos.kinds()));
      reports.add(report);
      if (report.problem() != null) {
        output.say("no other schedule is begun on what that one left behind");
        break;
      }
    }
    return reports;
  }

  private ChaosReport run(Chaos chaos, Schedule schedule) {
    ChaosReport report = chaos.run(schedule);
    if (!report.isClean()) {
      told(report).forEach(output::say);
    }
    return report;
  }

  /** What was wrong, and all that is needed to see it again. */
  static List<String> told(ChaosReport report) {
    List<String> wrong = new ArrayList<>();
    if (report.problem() != null) {
      wrong.add(report.problem());
    }
    if (report.deadLetters() > 0) {
      wrong.add("views set %,d records aside".formatted(report.deadLetters()));
    }
    if (!report.isWatched()) {
      wrong.add("the reconciler compared nothing in %s".formatted(Output.seconds(report.took())));
    }
    report.findings().forEach(f -> wrong.add(f.toString()));
    report.divergences().forEach(d -> wrong.add("reconciler, at the end: " + d));
    report.falseAlarms().forEach(d -> wrong.add("reconciler, before the end: " + d));
    List<String> told = new ArrayList<>(wrong.subList(0, Math.min(wrong.size(), MOST_SHOWN)));
    if (wrong.size() > MOST_SHOWN) {
      told.add("and %,d more".formatted(wrong.size() - MOST_SHOWN));
    }
    told.add("# logs: " + report.logs());
    told.add("# to see it again: driftless chaos --schedule FILE, with this in the file:");
    told.add(report.schedule().toString());
    return told;
  }

  private void print(List<ChaosReport> reports) {
    output.table(
        "schedules",
        reports,
        new Table(
            "seed",
            "events",
            "faults",
            "lost",
            "duplicated",
            "stale",
            "reordered",
            "otherwise",
            "checks",
            "false alarms",
            "dead letters",
            "catch-up",
            "took"),
        r ->
            Output.cells(
                r.schedule().seed(),
                r.appended(),
                r.schedule().steps().size(),
                count(r, Wrong.LOST),
                count(r, Wrong.DUPLICATED),
                count(r, Wrong.STALE),
                count(r, Wrong.REORDERED),
                known(r, otherwise(r)),
                r.checks(),
                r.falseAlarms().size(),
                known(r, r.deadLetters()),
                Output.seconds(r.catchUp()),
                Output.seconds(r.took())));
    Map<String, Integer> faults =
        reports.stream()
            .flatMap(r -> r.faults().entrySet().stream())
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, Integer::sum));
    output.table(
        "faults",
        faults.entrySet().stream().sorted(Map.Entry.comparingByKey()).toList(),
        new Table("fault", "times"),
        f -> Output.cells(f.getKey(), f.getValue()));
    output.json(Map.of("schedules", reports.stream().map(ChaosCommand::json).toList()));
  }

  private static String count(ChaosReport r, Wrong wrong) {
    return known(r, r.count(wrong));
  }

  private static String known(ChaosReport r, long number) {
    return r.compared() ? "%,d".formatted(number) : "not known";
  }

  private static long otherwise(ChaosReport r) {
    return r.count(Wrong.PHANTOM)
        + r.count(Wrong.CORRUPT)
        + r.divergences().size()
        + (r.problem() == null ? 0 : 1);
  }

  /** All that is known of a run. */
  static Map<String, @Nullable Object> json(ChaosReport r) {
    Map<String, @Nullable Object> json = new LinkedHashMap<>();
    json.put("seed", r.schedule().seed());
    json.put("schedule", r.schedule().toString());
    json.put("clean", r.isClean());
    json.put("problem", r.problem());
    json.put("events", r.appended());
    json.put("compared", r.compared());
    json.put("faults", r.faults());
    json.put("findings", r.findings());
    json.put("divergences", r.divergences());
    json.put("falseAlarms", r.falseAlarms());
    json.put("checks", r.checks());
    json.put("deadLetters", r.deadLetters());
    json.put("catchUp", r.catchUp());
    json.put("took", r.took());
    json.put("logs", r.isClean() ? null : r.logs().toString());
    return json;
  }
}
