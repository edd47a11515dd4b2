package dev.driftless.cli;

import dev.driftless.local.LocalProgram;
import dev.driftless.local.Progress;
import dev.driftless.local.ServerStatus;
import dev.driftless.projectors.app.ProjectorsMain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The one process that keeps all views of a local stack. */
final class ProjectorProcess {

  static final String NAME = "projectors";

  /** Longer than its applications take to drain and commit, all at the same time. */
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(15);

  private static final Pattern STOPPED =
      Pattern.compile(" ERROR \\S+ (view=([\\w-]+)[^:]*: stopped, .*)");

  /** After a spare generation that stopped there is another one. */
  private static final Pattern KEPT =
      Pattern.compile(" view=([\\w-]+) keeping the spare generation too");

  private final LocalProgram program;

  ProjectorProcess(LocalProgram program) {
    this.program = program;
  }

  LocalProgram program() {
    return program;
  }

  boolean isRunning() {
    return program.pid().isPresent();
  }

  /**
   * Starts it unless it runs.
   *
   * @param variables where its servers are, and whatever else it is to know
   * @return whether it had to be started
   */
  boolean start(Map<String, String> variables, Progress progress) {
    Map<String, String> environment = new HashMap<>(variables);
    environment.put("DRIFTLESS_STATE", program.data().resolve("state").toString());
    // what is started again under this name gets its partitions back at once, even after a kill
    environment.putIfAbsent("DRIFTLESS_INSTANCE", "local");
    return program.start(command(), environment, progress);
  }

  /** Lets it drain and commit. */
  void stop(Progress progress) {
    program.stop(STOP_PATIENCE, progress);
  }

  /**
   * The views that stopped by themselves since it was started, and the line in which they say why.
   */
  Map<String, String> stoppedViews() {
    Map<String, String> stopped = new HashMap<>();
    if (program.state() == ServerStatus.State.STOPPED || !Files.exists(program.log())) {
      return stopped;
    }
    try (Stream<String> lines = Files.lines(program.log())) {
      lines.forEach(
          line -> {
            Matcher why = STOPPED.matcher(line);
            Matcher kept = KEPT.matcher(line);
            if (why.find()) {
              stopped.put(why.group(2), why.group(1));
            } else if (kept.find()) {
              stopped.remove(kept.group(1) + "-spare");
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return stopped;
  }

  /** The same Java and the same libraries as this process has. */
  private static List<String> command() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx512m",
        "-XX:+UseSerialGC",
        "-XX:+ExitOnOutOfMemoryError",
        "-cp",
        System.getProperty("java.class.path"),
        ProjectorsMain.class.getName());
  }
}
