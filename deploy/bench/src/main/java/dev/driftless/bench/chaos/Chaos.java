package dev.driftless.bench.chaos;

import dev.driftless.local.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.utils.Utils;

/**
 * A stack of its own for one schedule after the other; each has a log of its own. Not for several
 * threads.
 */
public final class Chaos implements AutoCloseable {

  private final ChaosStack stack;
  private final Path logs;
  private final Progress progress;
  private int runs;
  private boolean keep;

  private Chaos(ChaosStack stack, Path logs, Progress progress) {
    this.stack = stack;
    this.logs = logs;
    this.progress = progress;
  }

  /** Starts the servers. */
  public static Chaos open(Progress progress) {
    try {
      Path logs = Files.createTempDirectory("driftless-chaos-");
      progress.say("starting Kafka, a registry, PostgreSQL, Redis and Qdrant");
      try {
        return new Chaos(ChaosStack.open(), logs, progress);
      } catch (RuntimeException e) {
        Utils.delete(logs.toFile());
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The faults that can be done here: a full disk needs the right to mount one. */
  public Set<FaultKind> kinds() {
    return stack.kinds();
  }

  /**
   * Runs a schedule from its first event to the last comparison, with projectors from the class
   * path of this JVM. Never throws for what it finds, or for what keeps it from going on: its
   * report says so.
   *
   * @throws IllegalArgumentException if a step is of a kind that cannot be done here
   */
  public ChaosReport run(Schedule schedule) {
    return run(schedule, System.getProperty("java.class.path"));
  }

  /**
   * As {@link #run(Schedule)}.
   *
   * @param classPath of the projectors
   */
  ChaosReport run(Schedule schedule, String classPath) {
    refuseOthers(schedule, kinds());
    runs++;
    Path own = logs.resolve("run-" + runs);
    progress.say(
        "seed %d: %d events, %d faults"
            .formatted(schedule.seed(), schedule.events(), schedule.steps().size()));
    Trial trial = new Trial(stack, "run" + runs, schedule, classPath, own, progress);
    ChaosReport report = trial.run();
    if (!report.isClean()) {
      keep = true;
      keep(schedule, trial.troubles(), own);
    }
    return report;
  }

  /** Ends the servers; logs stay only if a run was not clean. */
  @Override
  public void close() {
    stack.close();
    if (!keep) {
      try {
        Utils.delete(logs.toFile());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The user's own disk is not filled in place of one that could not be mounted. */
  static void refuseOthers(Schedule schedule, Set<FaultKind> kinds) {
    for (Step step : schedule.steps()) {
      if (!kinds.contains(step.kind())) {
        throw new IllegalArgumentException(
            "'%s' cannot be done here: take it out, or run it where it can (disk-full: by a user who may mount)"
                .formatted(step));
      }
    }
  }

  private void keep(Schedule schedule, List<Exception> troubles, Path own) {
    try {
      Files.createDirectories(own);
      Files.writeString(own.resolve("schedule.txt"), schedule.toString());
      StringWriter traces = new StringWriter();
      troubles.forEach(trouble -> trouble.printStackTrace(new PrintWriter(traces, true)));
      Files.writeString(own.resolve("problem.txt"), traces.toString());
      stack.keepLogs(own);
    } catch (IOException | UncheckedIOException e) {
      progress.say("not all logs are kept: " + e);
    }
  }
}
