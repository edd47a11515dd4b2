package dev.driftless.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The process that a pid file names. The file holds the pid and when that process started, so that
 * a pid given to some other process later is never taken for the server.
 */
record ServerProcess(Path pidFile) {
  private static final Duration POLL = Duration.ofMillis(20);

  /** Fields of {@code /proc/PID/stat}, counted from the one after the program's name. */
  private static final int STATE = 0;

  private static final int THREADS = 17;
  private static final int START_TIME = 19;

  private static final Pattern CONTENT = Pattern.compile("(\\d{1,18}) (\\d+)");

  /** Whether it was started and not stopped since: the pid file exists, whatever became of it. */
  boolean isExpected() {
    return Files.exists(pidFile);
  }

  Optional<ProcessHandle> alive() throws IOException {
    if (!isExpected()) {
      return Optional.empty();
    }
    Matcher content = CONTENT.matcher(Files.readString(pidFile).strip());
    if (!content.matches()) {
      return Optional.empty();
    }
    return ProcessHandle.of(Long.parseLong(content.group(1)))
        .filter(process -> content.group(2).equals(birth(process)));
  }

  void remember(ProcessHandle process) throws IOException {
    Path file = pidFile.resolveSibling(pidFile.getFileName() + ".new");
    Files.writeString(file, process.pid() + " " + birth(process) + "\n");
    Files.move(file, pidFile, StandardCopyOption.ATOMIC_MOVE);
  }

  void forget() throws IOException {
    Files.deleteIfExists(pidFile);
  }

  /** Sends a signal to the process alone, if it is alive. */
  void signal(String signal) throws IOException, InterruptedException {
    Optional<ProcessHandle> process = alive();
    if (process.isPresent()) {
      signal(signal, Stream.of(process.get()));
    }
  }

  /** Sends a signal to the process and then to all that descend from it. */
  void signalAll(String signal) throws IOException, InterruptedException {
    Optional<ProcessHandle> process = alive();
    if (process.isPresent()) {
      List<ProcessHandle> descendants = process.get().descendants().toList();
      signal(signal, Stream.concat(process.stream(), descendants.stream()));
    }
  }

  /** Kills it and its descendants at once, and returns when they are gone. */
  void kill() throws IOException, InterruptedException {
    Optional<ProcessHandle> process = alive();
    if (process.isEmpty()) {
      return;
    }
    List<ProcessHandle> family =
        Stream.concat(process.stream(), process.get().descendants()).toList();
    family.forEach(ProcessHandle::destroyForcibly);
    Instant deadline = Instant.now().plusSeconds(10);
    while (family.stream().anyMatch(member -> !birth(member).isEmpty())) {
      if (Instant.now().isAfter(deadline)) {
        throw new StackException("process " + process.get().pid() + " survives KILL: look at it");
      }
      Thread.sleep(POLL.toMillis());
    }
  }

  /** Whether it is gone within the given time. */
  boolean awaitEnd(Duration timeout) throws IOException, InterruptedException {
    Instant deadline = Instant.now().plus(timeout);
    while (alive().isPresent()) {
      if (Instant.now().isAfter(deadline)) {
        return false;
      }
      Thread.sleep(POLL.toMillis());
    }
    return true;
  }

  private static void signal(String signal, Stream<ProcessHandle> processes)
      throws IOException, InterruptedException {
    // The shell's own kill: a program of that name is not installed everywhere.
    List<String> command =
        Stream.concat(
                Stream.of("/bin/sh", "-c", "kill -s \"$0\" \"$@\" 2>/dev/null", signal),
                processes.map(process -> String.valueOf(process.pid())))
            .toList();
    Process kill = new ProcessBuilder(command).start();
    if (!kill.waitFor(10, TimeUnit.SECONDS)) {
      kill.destroyForcibly();
    }
  }

  /**
   * When a process started, in a form that never changes while it lives; empty once it has ended,
   * even if nobody has collected its exit code yet. From {@code /proc} where there is one: the
   * start time that Java computes shifts when the clock is set, and a killed process is a zombie
   * before the last of its threads has let go of its ports.
   */
  private static String birth(ProcessHandle process) {
    try {
      String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      boolean isZombie = fields[STATE].equals("Z") || fields[STATE].equals("X");
      return isZombie && Integer.parseInt(fields[THREADS]) <= 1 ? "" : fields[START_TIME];
    } catch (IOException noProc) {
      if (Files.exists(Path.of("/proc/self")) || !process.isAlive()) {
        return "";
      }
      return process
          .info()
          .startInstant()
          .map(Instant::toEpochMilli)
          .map(String::valueOf)
          .orElse("");
    }
  }
}
