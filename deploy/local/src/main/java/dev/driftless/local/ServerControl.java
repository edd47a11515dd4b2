package dev.driftless.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** The life of one server of one stack: started, watched, stopped. */
final class ServerControl {
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
  private static final Duration REMINDER = Duration.ofSeconds(10);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(20);

  private final Server server;
  private final Home home;
  private final Host host;
  private final ServerKind kind;
  private final ServerProcess process;

  ServerControl(Server server, Home home, Host host) {
    this.server = server;
    this.home = home;
    this.host = host;
    this.kind = server.kind();
    this.process = home.process(kind);
  }

  Server server() {
    return server;
  }

  boolean isAlive() throws IOException {
    return process.alive().isPresent();
  }

  /** Returns when the server answers. One that runs already is left alone. */
  void start(Ports ports, Progress progress) throws IOException, InterruptedException {
    if (isAlive() && answersBeforeItEnds(ports, logEnd(), progress)) {
      progress.say(kind.id() + ": running on " + address(ports));
      return;
    }
    Instant begin = Instant.now();
    progress.say(kind.id() + ": starting on " + address(ports));
    Path data = Files.createDirectories(home.data(kind));
    Files.createDirectories(home.log(kind).getParent());
    Files.createDirectories(process.pidFile().getParent());
    Server.Launch launch = server.prepare(new Server.Site(data, ports, host, progress));
    long logBegin = LogTail.beginning(home.log(kind));
    process.remember(host.launch(launch, data, home.log(kind)).toHandle());
    if (!answersBeforeItEnds(ports, logBegin, progress)) {
      throw new StackException(kind.id() + ": ended while starting: " + lastWords(logBegin));
    }
    progress.say(kind.id() + ": ready in " + seconds(Duration.between(begin, Instant.now())));
  }

  private boolean answersBeforeItEnds(Ports ports, long logBegin, Progress progress)
      throws IOException, InterruptedException {
    Instant begin = Instant.now();
    Instant reminder = begin.plus(REMINDER);
    while (!answers(ports)) {
      Instant now = Instant.now();
      if (!isAlive()) {
        return false;
      }
      if (now.isAfter(begin.plus(START_TIMEOUT))) {
        throw new StackException(
            kind.id()
                + ": runs but does not answer on "
                + address(ports)
                + " after "
                + START_TIMEOUT.toSeconds()
                + " s: "
                + lastWords(logBegin)
                + ": stop it and start again");
      }
      if (now.isAfter(reminder)) {
        progress.say(
            kind.id() + ": still not ready after " + seconds(Duration.between(begin, now)));
        reminder = now.plus(REMINDER);
      }
      Thread.sleep(POLL.toMillis());
    }
    return true;
  }

  private String lastWords(long logBegin) {
    return LogTail.mostTelling(home.log(kind), logBegin) + " (log: " + home.log(kind) + ")";
  }

  /** An answer counts only if it can have come from our process. */
  private boolean answers(Ports ports) throws IOException {
    try {
      return server.isReady(ports) && isAlive();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception notYet) {
      return false;
    }
  }

  /** Asks it to end, then makes it. Returns when it is gone. */
  void stop(Progress progress) throws IOException, InterruptedException {
    if (isAlive()) {
      Instant begin = Instant.now();
      process.signal(server.stopSignal());
      process.signalAll("CONT");
      if (!process.awaitEnd(STOP_TIMEOUT)) {
        progress.say(kind.id() + ": does not stop, killing it");
        process.kill();
      }
      progress.say(kind.id() + ": stopped in " + seconds(Duration.between(begin, Instant.now())));
    }
    process.forget();
  }

  void kill() throws IOException, InterruptedException {
    process.kill();
  }

  void suspend() throws IOException, InterruptedException {
    process.signalAll("STOP");
  }

  void resume() throws IOException, InterruptedException {
    process.signalAll("CONT");
  }

  ServerStatus status(Optional<Ports> ports) throws IOException {
    String address = ports.map(this::address).orElse("");
    Optional<ProcessHandle> alive = process.alive();
    if (alive.isEmpty() || ports.isEmpty()) {
      ServerStatus.State state =
          process.isExpected() ? ServerStatus.State.DEAD : ServerStatus.State.STOPPED;
      return new ServerStatus(kind, state, address, OptionalLong.empty());
    }
    return new ServerStatus(
        kind,
        answers(ports.get()) ? ServerStatus.State.RUNNING : ServerStatus.State.UNRESPONSIVE,
        address,
        OptionalLong.of(alive.get().pid()));
  }

  private long logEnd() throws IOException {
    return Files.exists(home.log(kind)) ? Files.size(home.log(kind)) : 0;
  }

  private String address(Ports ports) {
    String first = server.usualPorts().byName().keySet().iterator().next();
    return Addresses.HOST + ":" + ports.get(first);
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
  }
}
