package dev.driftless.bench.faults;

import dev.driftless.local.Addresses;
import dev.driftless.local.Progress;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.app.Failure;
import dev.driftless.projectors.app.ProjectorsConfig;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores the same actions in several ways, in real servers of its own behind proxies that make
 * calls fail, by a process that is killed at random moments, and counts what the stores then hold.
 * Faults come from below the code that is measured, which knows nothing of them.
 */
public final class FaultExperiment {

  private static final Logger LOG = LoggerFactory.getLogger(FaultExperiment.class);

  /**
   * How long partial failures may stand still before they are taken to be final: projectors may be
   * starting.
   */
  private static final Duration PROJECTORS_PATIENCE = Duration.ofMinutes(2);

  /** The same where the agent was the only one to write. */
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final int REPORTS = 10;

  private final FaultsPlan plan;
  private final Progress progress;
  private final List<Action> actions;

  private FaultExperiment(FaultsPlan plan, Progress progress) {
    this.plan = plan;
    this.progress = progress;
    this.actions =
        IntStream.rangeClosed(1, plan.actions()).mapToObj(n -> Action.of(plan.seed(), n)).toList();
  }

  /**
   * One way after the other; the servers end with it. When one breaks off, the report has those
   * before it, and says why.
   *
   * @throws IOException if logs cannot be kept
   */
  public static FaultsReport run(FaultsPlan plan, Collection<Way> ways, Progress progress)
      throws IOException {
    FaultExperiment experiment = new FaultExperiment(plan, progress);
    progress.say("servers: starting");
    try (TestStack stack = TestStack.fresh(ServerKind.values())) {
      List<WayResult> results = new ArrayList<>();
      String problem = null;
      for (Way way : ways) {
        try {
          results.add(experiment.run(way, stack));
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          problem = way.id() + ": interrupted";
          break;
        } catch (Exception e) {
          LOG.warn("{} broke off", way.id(), e);
          problem = "%s: %s".formatted(way.id(), Failure.line(e));
          break;
        }
      }
      FaultsReport report = new FaultsReport(plan, results, problem);
      if (report.exitCode() != 0) {
        Path kept = keepLogs(stack.stack().home().resolve("log"));
        progress.say("not clean: the logs of agent and projectors are in " + kept);
      }
      return report;
    }
  }

  /** Copies them to where they outlive the servers. */
  static Path keepLogs(Path logs) throws IOException {
    Path kept = Files.createTempDirectory("driftless-faults-");
    try (DirectoryStream<Path> found = Files.newDirectoryStream(logs, "{agent,projectors}*")) {
      for (Path log : found) {
        Files.copy(log, kept.resolve(log.getFileName()));
      }
    }
    return kept;
  }

  private WayResult run(Way way, TestStack stack) throws Exception {
    Addresses servers = stack.with(ServerKind.values());
    ProjectorsConfig direct = ProjectorsConfig.load(null, servers.environment()::get);
    try (DirectReads reads = new DirectReads(servers);
        Proxies proxies = new Proxies(stack, servers, way)) {
      Layout layout =
          way == Way.DRIFTLESS ? new DriftlessLayout(direct, reads) : new OwnLayout(way, reads);
      layout.create();
      proxies.fail(plan.probability(), plan.seed());
      Path log = stack.stack().home().resolve("log").resolve("agent-" + way.id() + ".log");
      AgentProcess agent = new AgentProcess(way, plan, proxies.variables(), log);
      if (way != Way.DRIFTLESS) {
        return run(way, agent, number -> {}, () -> 0, layout, proxies);
      }
      try (ProjectorsProcess projectors = new ProjectorsProcess(stack, proxies.variables())) {
        projectors.start();
        Set<Integer> killedIn = plan.killedIn(plan.seed() + 1);
        return run(
            way,
            agent,
            number -> {
              if (killedIn.contains(number)) {
                projectors.killAndStart();
              }
            },
            projectors::kills,
            layout,
            proxies);
      }
    }
  }

  private WayResult run(
      Way way,
      AgentProcess agent,
      AgentProcess.Listener faults,
      IntSupplier projectorsKills,
      Layout layout,
      Proxies proxies)
      throws Exception {
    Instant begin = Instant.now();
    Map<Integer, Outcome> outcomes =
        agent.run(
            number -> {
              faults.begun(number);
              report(way, number, begin);
            });
    Instant end = Instant.now();
    progress.say("%s: reading the stores".formatted(way.id()));
    Counted counted = countUntilConsistent(way, layout, outcomes, end);
    return new WayResult(
        way,
        Collections.frequency(outcomes.values(), Outcome.ACKNOWLEDGED),
        Collections.frequency(outcomes.values(), Outcome.REFUSED),
        Collections.frequency(outcomes.values(), Outcome.CUT_SHORT),
        agent.kills(),
        projectorsKills.getAsInt(),
        Duration.between(begin, end),
        counted.tally,
        counted.consistentAfter,
        proxies.calls());
  }

  private record Counted(Tally tally, @Nullable Duration consistentAfter) {}

  private Counted countUntilConsistent(
      Way way, Layout layout, Map<Integer, Outcome> outcomes, Instant end) throws Exception {
    Duration patience = way == Way.DRIFTLESS ? PROJECTORS_PATIENCE : PATIENCE;
    int partial = -1;
    Instant changed = end;
    while (true) {
      boolean isFinal = partial == 0 && layout.isFinal();
      Tally tally = Tally.of(actions, outcomes, layout.read());
      Instant read = Instant.now();
      if (tally.partial() != partial) {
        progress.say("%s: %,d partial failures".formatted(way.id(), tally.partial()));
        partial = tally.partial();
        changed = read;
      }
      if (partial == 0 && isFinal) {
        return new Counted(tally, Duration.between(end, changed));
      }
      if (changed.plus(patience).isBefore(read)) {
        return new Counted(tally, null);
      }
      Thread.sleep(500);
    }
  }

  private void report(Way way, int number, Instant begin) {
    if (number % Math.max(1, plan.actions() / REPORTS) == 0) {
      double seconds = Duration.between(begin, Instant.now()).toMillis() / 1000.0;
      progress.say(
          "%s: %,d of %,d actions, %,.0f a second"
              .formatted(way.id(), number, plan.actions(), number / seconds));
    }
  }
}
