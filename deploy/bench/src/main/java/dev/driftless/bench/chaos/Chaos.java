package dev.driftless.bench.chaos;

import dev.driftless.local.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Stream;

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
      return new Chaos(ChaosStack.open(), logs, progress);
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
   * path of this JVM. Never throws for what it finds.
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
    runs++;
    Path own = logs.resolve("run-" + runs);
    progress.say(
        "seed %d: %d events, %d faults"
            .formatted(schedule.seed(), schedule.events(), schedule.steps().size()));
    ChaosReport report = new Trial(stack, "run" + runs, schedule, classPath, own, progress).run();
    if (!report.isClean()) {
      keep = true;
      keep(schedule, own);
    }
    return report;
  }

  /** Ends the servers; logs stay only if a run was not clean. */
  @Override
  public void close() {
    stack.close();
    if (!keep) {
      delete(logs);
    }
  }

  private void keep(Schedule schedule, Path own) {
    try {
      stack.keepLogs(own);
      Files.writeString(own.resolve("schedule.txt"), schedule.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
