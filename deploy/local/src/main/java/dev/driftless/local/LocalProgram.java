package dev.driftless.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/**
 * A program of the user's that belongs to a stack, beside its servers: a detached process that
 * outlives the JVM that started it. Its pid is in {@code run/NAME.pid}, what it printed since it
 * was last started in {@code log/NAME.log}, and it works in {@code data/NAME}.
 *
 * <p>Safe for use by several threads and processes. Failures are {@link StackException}s.
 */
public final class LocalProgram {

  private final Home home;
  private final Host host;
  private final String name;
  private final ServerProcess process;

  LocalProgram(Home home, Host host, String name) {
    this.home = home;
    this.host = host;
    this.name = name;
    this.process = new ServerProcess(home.directory().resolve("run").resolve(name + ".pid"));
  }

  private interface Action<T> {
    T run() throws IOException, InterruptedException;
  }

  /** The name it is known by here. */
  public String name() {
    return name;
  }

  /** What it printed since it was last started. */
  public Path log() {
    return home.directory().resolve("log").resolve(name + ".log");
  }

  /** Its own directory, which exists once it was started. */
  public Path data() {
    return home.directory().resolve("data").resolve(name);
  }

  /** The process, present while it is alive. */
  public OptionalLong pid() {
    return attempt(process::alive).stream().mapToLong(ProcessHandle::pid).findFirst();
  }

  /** {@code RUNNING}, {@code STOPPED} or {@code DEAD}; nobody asks it whether it answers. */
  public ServerStatus.State state() {
    if (pid().isPresent()) {
      return ServerStatus.State.RUNNING;
    }
    return process.isExpected() ? ServerStatus.State.DEAD : ServerStatus.State.STOPPED;
  }

  /**
   * Starts it unless it runs. Its log begins anew; the one before is kept as {@code
   * log/NAME.log.old}.
   *
   * @param environment all that it gets to see, but for PATH, HOME and the like
   * @return whether it had to be started
   */
  public boolean start(List<String> command, Map<String, String> environment, Progress progress) {
    return attempt(
        () -> {
          try (Home.Lock held = home.lock(progress)) {
            if (process.alive().isPresent()) {
              return false;
            }
            launch(new Server.Launch(command, environment));
            return true;
          }
        });
  }

  /**
   * Asks it to end (SIGTERM), and kills it if it does not within this time. Nothing if it does not
   * run.
   */
  public void stop(Duration patience, Progress progress) {
    attempt(
        () -> {
          if (process.alive().isPresent()) {
            end(patience, progress);
          }
          process.forget();
          return this;
        });
  }

  /** The line in its log that best says what went wrong. */
  public String lastWords() {
    return LogTail.mostTelling(log(), 0);
  }

  private void launch(Server.Launch launch) throws IOException {
    Files.createDirectories(data());
    Files.createDirectories(log().getParent());
    Files.createDirectories(process.pidFile().getParent());
    if (Files.exists(log())) {
      Path old = log().resolveSibling(name + ".log.old");
      Files.move(log(), old, StandardCopyOption.REPLACE_EXISTING);
    }
    process.remember(host.launch(launch, data(), log()).toHandle());
  }

  private void end(Duration patience, Progress progress) throws IOException, InterruptedException {
    Instant begin = Instant.now();
    progress.say(name + ": stopping");
    process.signal("TERM");
    process.signalAll("CONT");
    if (!process.awaitEnd(patience)) {
      progress.say(name + ": does not stop within " + patience.toSeconds() + " s, killing it");
      process.kill();
    }
    double took = Duration.between(begin, Instant.now()).toMillis() / 1000.0;
    progress.say(String.format(Locale.ROOT, "%s: stopped in %.1f s", name, took));
  }

  private <T> T attempt(Action<T> action) {
    try {
      return action.run();
    } catch (IOException e) {
      throw new StackException(
          "%s: %s (home: %s): check disk space and permissions"
              .formatted(name, e, home.directory()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StackException("interrupted while working on " + home.directory(), e);
    }
  }
}
