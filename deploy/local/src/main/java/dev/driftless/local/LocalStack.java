package dev.driftless.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Real servers on this machine, listening on 127.0.0.1 only, that belong to one home directory.
 * Each is a process of its own and outlives the JVM that started it; any number of {@code
 * LocalStack}s, in any processes, may look at the same home. What a server has acknowledged
 * survives the kill of its process, and its ports stay the same.
 *
 * <p>Safe for use by several threads. Failures are {@link StackException}s.
 */
public final class LocalStack {
  private final Home home;
  private final Host host;
  private final boolean usualPorts;
  private final Map<ServerKind, ServerControl> controls = new EnumMap<>(ServerKind.class);

  LocalStack(Path home, Host host, boolean usualPorts) {
    this(home, host, usualPorts, null);
  }

  /**
   * @param security what all servers ask of clients; null if they are open to this machine
   */
  LocalStack(Path home, Host host, boolean usualPorts, @Nullable Security security) {
    this.home = Home.at(home);
    this.host = host;
    this.usualPorts = usualPorts;
    List<Server> servers =
        List.of(
            new KafkaServer(!usualPorts && security == null, security),
            new RegistryServer(),
            new PostgresServer(security),
            new RedisServer(security),
            new QdrantServer(security));
    servers.forEach(
        server -> controls.put(server.kind(), new ServerControl(server, this.home, host)));
  }

  /**
   * The stack in this directory, which need not exist yet: {@link #start} makes it.
   *
   * @throws StackException if the directory holds something else
   */
  public static LocalStack open(Path home) {
    return new LocalStack(home, Host.here(), true);
  }

  /** The home directory, absolute. */
  public Path home() {
    return home.directory();
  }

  /** Where a server's output goes. */
  public Path log(ServerKind kind) {
    return home.log(kind);
  }

  /** What a server keeps. */
  public Path data(ServerKind kind) {
    return home.data(kind);
  }

  /** Whether servers were ever started here. */
  public boolean exists() {
    return Files.exists(home.stackFile());
  }

  /** A program that belongs to this stack, whether it runs or not. */
  public LocalProgram program(String name) {
    return new LocalProgram(home, host, name);
  }

  /**
   * Starts those of the servers that do not run, at the same time, and returns when all answer. A
   * server keeps the ports it had; its first ones are the usual ones (9092, 8081, 5432, 6379, 6334
   * and 6333). A port that something else occupies is replaced by a free one, and said so.
   *
   * <p>If one fails the others are started all the same and stay up.
   *
   * @return the addresses of all servers this stack has, also of others started earlier
   */
  public Addresses start(Set<ServerKind> kinds, Progress progress) {
    Progress orderly = orderly(progress);
    return attempt(
        () -> {
          try (Home.Lock held = home.lock(orderly)) {
            Map<ServerKind, Ports> ports = choosePorts(kinds, orderly);
            home.remember(ports);
            together(
                kinds, control -> control.start(find(ports, control.server().kind()), orderly));
            return Addresses.of(ports);
          }
        });
  }

  /** Stops all servers, gracefully if they can; their data stays. */
  public void stop(Progress progress) {
    Progress orderly = orderly(progress);
    if (!Files.exists(home.stackFile())) {
      return;
    }
    attempt(
        () -> {
          try (Home.Lock held = home.lock(orderly)) {
            together(controls.keySet(), control -> control.stop(orderly));
            return this;
          }
        });
  }

  /** What every server is doing now, in the order of {@link ServerKind}. */
  public List<ServerStatus> status() {
    return attempt(
        () -> {
          Map<ServerKind, Ports> ports = home.ports();
          List<ServerStatus> statuses = new ArrayList<>();
          for (ServerControl control : controls.values()) {
            statuses.add(control.status(Optional.ofNullable(ports.get(control.server().kind()))));
          }
          return statuses;
        });
  }

  /** Where the servers that were ever started in this home are, whether they run now or not. */
  public Addresses addresses() {
    return Addresses.of(home.ports());
  }

  /** Kills the server's process and its children at once (SIGKILL); nothing if it does not run. */
  public void kill(ServerKind kind) {
    attempt(kind, ServerControl::kill);
  }

  /** Freezes the server (SIGSTOP): its port accepts connections, and nobody answers. */
  public void suspend(ServerKind kind) {
    attempt(kind, ServerControl::suspend);
  }

  /** Lets a frozen server go on (SIGCONT). */
  public void resume(ServerKind kind) {
    attempt(kind, ServerControl::resume);
  }

  /** See {@link TestStack#kafkaProxy}; not for stacks on the usual ports. */
  FaultyProxy kafkaProxy() {
    Ports ports = find(home.ports(), ServerKind.KAFKA);
    return FaultyProxy.at(
        ports.get(KafkaServer.PROXY), Addresses.HOST, ports.get(KafkaServer.PROXIED));
  }

  private Map<ServerKind, Ports> choosePorts(Set<ServerKind> kinds, Progress progress)
      throws IOException {
    Map<ServerKind, Ports> ports = home.ports();
    Set<ServerKind> moving = EnumSet.noneOf(ServerKind.class);
    Set<Integer> taken = new HashSet<>();
    for (ServerControl control : controls.values()) {
      ServerKind kind = control.server().kind();
      if (kinds.contains(kind) && !control.isAlive()) {
        moving.add(kind);
      } else {
        taken.addAll(ports.getOrDefault(kind, Ports.NONE).byName().values());
      }
    }
    for (ServerKind kind : moving) {
      Ports usual = find(controls, kind).server().usualPorts();
      Ports wanted = ports.getOrDefault(kind, usualPorts ? usual : usual.anywhere());
      ports.put(kind, Ports.choose(kind, wanted, taken, progress));
    }
    return ports;
  }

  private static Progress orderly(Progress progress) {
    Object turn = new Object();
    return line -> {
      synchronized (turn) {
        progress.say(line);
      }
    };
  }

  private interface Action<T> {
    T run() throws IOException, InterruptedException;
  }

  private interface Step {
    void take(ServerControl control) throws IOException, InterruptedException;
  }

  /**
   * Takes a step with all these servers at the same time; all are tried, the first failure is
   * thrown.
   */
  private void together(Collection<ServerKind> kinds, Step step) throws InterruptedException {
    ExecutorService threads = Executors.newCachedThreadPool(LocalStack::daemon);
    try {
      List<Callable<Optional<StackException>>> tasks = new ArrayList<>();
      kinds.forEach(kind -> tasks.add(() -> failure(kind, step)));
      List<StackException> failures = new ArrayList<>();
      for (Future<Optional<StackException>> task : threads.invokeAll(tasks)) {
        task.get().ifPresent(failures::add);
      }
      if (!failures.isEmpty()) {
        StackException first = failures.remove(0);
        failures.forEach(first::addSuppressed);
        throw first;
      }
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } finally {
      threads.shutdownNow();
    }
  }

  private Optional<StackException> failure(ServerKind kind, Step step) {
    try {
      attempt(kind, step);
      return Optional.empty();
    } catch (StackException e) {
      return Optional.of(e);
    }
  }

  private void attempt(ServerKind kind, Step step) {
    try {
      step.take(find(controls, kind));
    } catch (IOException e) {
      throw failed(kind.id(), e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private <T> T attempt(Action<T> action) {
    try {
      return action.run();
    } catch (IOException e) {
      throw failed("stack", e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private StackException failed(String what, IOException e) {
    return new StackException(
        what + ": " + e + " (home: " + home.directory() + "): check disk space and permissions", e);
  }

  private StackException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return new StackException("interrupted while working on " + home.directory(), e);
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "driftless-local-stack");
    thread.setDaemon(true);
    return thread;
  }

  private static <V> V find(Map<ServerKind, V> map, ServerKind kind) {
    V value = map.get(kind);
    if (value == null) {
      throw new IllegalStateException("nothing is known about " + kind.id());
    }
    return value;
  }
}
