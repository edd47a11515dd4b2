package dev.driftless.bench.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The projectors of one log: from one process to three, each of which keeps all views. The first
 * has an instance name, so that it finds its partitions again when it is started again; the others
 * leave the group when they stop. For one thread.
 */
final class Fleet implements AutoCloseable {

  static final int MOST = 3;

  /** Short sessions and answers, so that it takes seconds until somebody is missed. */
  private static final String CONFIG =
      """
      kafka:
        session.timeout.ms: 4000
        heartbeat.interval.ms: 1000
      relational: {connectTimeout: PT2S, socketTimeout: PT4S}
      context: {connectTimeout: PT2S, socketTimeout: PT4S}
      audit: {connectTimeout: PT2S, socketTimeout: PT4S}
      vector: {requestTimeout: PT4S}
      cache: {timeout: PT2S}
      """;

  private static final List<String> JVM =
      List.of(
          "-Xmx256m",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-Xshare:auto",
          "-Dlogback.configurationFile=dev/driftless/projectors/app/logback.xml");

  private final List<ProjectorProcess> processes = new ArrayList<>();
  private final Path logs;
  private int wanted = 1;

  /**
   * @param classPath of the processes
   * @param environment where the stores are
   * @param directory for what they keep on disk
   * @param logs for what they print
   */
  Fleet(String classPath, Map<String, String> environment, Path directory, Path logs) {
    this.logs = logs;
    try {
      Files.createDirectories(directory);
      Files.createDirectories(logs);
      Path config = Files.writeString(directory.resolve("projectors.yaml"), CONFIG);
      for (int i = 1; i <= MOST; i++) {
        Map<String, String> own = new HashMap<>(environment);
        own.put("DRIFTLESS_STATE", directory.resolve("state-" + i).toString());
        own.put("DRIFTLESS_INSTANCE", i == 1 ? "first" : "");
        Path log = logs.resolve("projectors-%d.log".formatted(i));
        processes.add(
            new ProjectorProcess(
                classPath, JVM, config, own, directory.resolve("process-" + i), log));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts what should run and does not. */
  void start() {
    processes.subList(0, wanted).forEach(ProjectorProcess::start);
  }

  void kill() {
    processes.forEach(ProjectorProcess::kill);
  }

  void suspendFirst() {
    processes.get(0).suspend();
  }

  void resumeFirst() {
    processes.get(0).resume();
  }

  void scale(int number) {
    wanted = number;
    start();
    processes.subList(number, MOST).forEach(ProjectorProcess::stop);
  }

  /** Whether each process was given partitions since it was started. */
  boolean isShared() {
    return processes.subList(0, wanted).stream().allMatch(p -> p.isAlive() && p.hasPartition());
  }

  /**
   * Says if something went wrong that nobody did: the next start would hide it.
   *
   * @throws IllegalStateException if a process that should run does not, or a thread failed
   */
  void mustBeWell() {
    List<ProjectorProcess> ended =
        processes.subList(0, wanted).stream().filter(p -> !p.isAlive()).toList();
    if (!ended.isEmpty()) {
      throw new IllegalStateException("ended by itself: look at " + ended);
    }
    List<String> failed = linesWith("a stream thread failed");
    if (!failed.isEmpty()) {
      throw new IllegalStateException("a stream thread failed: " + failed.get(0));
    }
  }

  /** The second goes on for some seconds beside the first, and stops. */
  void scaleBackLater() {
    Pause.of(Duration.ofSeconds(3));
    scale(1);
  }

  /** Lines of their logs that hold this. */
  List<String> linesWith(String text) {
    try (Stream<Path> files = Files.list(logs)) {
      List<String> lines = new ArrayList<>();
      for (Path file : files.filter(f -> f.toString().endsWith(".log")).sorted().toList()) {
        try (Stream<String> all = Files.lines(file)) {
          all.filter(line -> line.contains(text)).forEach(lines::add);
        }
      }
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    processes.forEach(ProjectorProcess::resume);
    processes.parallelStream().forEach(ProjectorProcess::stop);
  }
}
