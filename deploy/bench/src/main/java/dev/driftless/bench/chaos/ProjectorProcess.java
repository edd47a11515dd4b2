package dev.driftless.bench.chaos;

import dev.driftless.projectors.app.ProjectorsMain;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A process that keeps views, which can be killed, stopped and resumed. For one thread. */
final class ProjectorProcess {

  private static final int STOP_SECONDS = 20;

  private final List<String> command;
  private final Map<String, String> environment;
  private final Path directory;
  private final Path log;
  private @Nullable Process process;
  private long linesBefore;

  /**
   * @param classPath of the process
   * @param options of its JVM
   * @param config the file that it is given
   * @param directory where it works
   */
  ProjectorProcess(
      String classPath,
      List<String> options,
      Path config,
      Map<String, String> environment,
      Path directory,
      Path log) {
    this.command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, ProjectorsMain.class.getName()));
    command.addAll(List.of("--config", config.toString()));
    this.environment = environment;
    this.directory = directory;
    this.log = log;
  }

  boolean isAlive() {
    return process != null && process.isAlive();
  }

  void start() {
    if (isAlive()) {
      return;
    }
    try {
      Files.createDirectories(directory);
      ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
      builder.environment().keySet().removeIf(name -> name.startsWith("DRIFTLESS_"));
      builder.environment().putAll(environment);
      File file = log.toFile();
      linesBefore = Files.exists(log) ? lines() : 0;
      process =
          builder
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(file))
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void kill() {
    Process running = process;
    if (running != null) {
      await(running.destroyForcibly());
    }
  }

  /** Asks it to end, and kills it if it does not. */
  void stop() {
    Process running = process;
    if (running != null && running.isAlive()) {
      resume();
      running.destroy();
      if (!await(running)) {
        kill();
      }
    }
  }

  /**
   * Stops it where it is.
   *
   * @throws IllegalStateException if it does not run
   */
  void suspend() {
    if (!isAlive()) {
      throw new IllegalStateException(this + ": there is no process to stop");
    }
    signal("STOP");
  }

  /** Lets it go on if it was stopped. */
  void resume() {
    signal("CONT");
  }

  /** Whether it was given a partition since it was started. */
  boolean hasPartition() {
    try (Stream<String> lines = Files.lines(log)) {
      return lines.skip(linesBefore).anyMatch(line -> line.contains("reading from"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return String.valueOf(log.getFileName());
  }

  private void signal(String signal) {
    Process running = process;
    if (running == null || !running.isAlive()) {
      return;
    }
    try {
      // the shell's own kill: a program of that name is not installed everywhere
      List<String> kill =
          List.of("/bin/sh", "-c", "kill -s \"$0\" \"$1\"", signal, "" + running.pid());
      Process sent = new ProcessBuilder(kill).start();
      boolean isSent = await(sent) && sent.exitValue() == 0;
      if (!isSent && running.isAlive()) {
        throw new IllegalStateException(
            "%s: process %d was not signalled %s".formatted(this, running.pid(), signal));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long lines() throws IOException {
    try (Stream<String> lines = Files.lines(log)) {
      return lines.count();
    }
  }

  private static boolean await(Process ending) {
    try {
      return ending.waitFor(STOP_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
