package dev.driftless.local;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory of one stack.
 *
 * <pre>
 * stack.json        the ports of each server; makes this directory a home
 * lock              held while servers are started or stopped
 * run/SERVER.pid    pid and start time of a server that was started and not stopped
 * log/SERVER.log    what it printed
 * data/SERVER/      what it stores, and its working directory
 *                   (a LocalProgram has the same three)
 * </pre>
 */
record Home(Path directory) {
  private static final Duration LOCK_WAIT = Duration.ofMinutes(3);
  private static final Duration LOCK_POLL = Duration.ofMillis(100);
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** Refuses a path that is something else already. */
  static Home at(Path path) {
    Home home = new Home(path.toAbsolutePath().normalize());
    if (Files.exists(home.directory) && !Files.isDirectory(home.directory)) {
      throw new StackException(home.directory + " is a file, not a directory: choose another home");
    }
    if (Files.isDirectory(home.directory) && home.isForeign()) {
      throw new StackException(
          home.directory
              + " is not empty and not a Driftless home (it has no stack.json): choose another home");
    }
    return home;
  }

  private boolean isForeign() {
    try (Stream<Path> entries = Files.list(directory)) {
      return !Files.exists(stackFile()) && entries.anyMatch(entry -> !entry.equals(lockFile()));
    } catch (IOException e) {
      throw new StackException("cannot read the home directory " + directory + " (" + e + ")", e);
    }
  }

  Path stackFile() {
    return directory.resolve("stack.json");
  }

  Path log(ServerKind kind) {
    return directory.resolve("log").resolve(kind.id() + ".log");
  }

  Path data(ServerKind kind) {
    return directory.resolve("data").resolve(kind.id());
  }

  ServerProcess process(ServerKind kind) {
    return new ServerProcess(directory.resolve("run").resolve(kind.id() + ".pid"));
  }

  private Path lockFile() {
    return directory.resolve("lock");
  }

  /** The remembered ports, of the servers that have ever been started here. */
  Map<ServerKind, Ports> ports() {
    Map<ServerKind, Ports> ports = new EnumMap<>(ServerKind.class);
    if (!Files.exists(stackFile())) {
      return ports;
    }
    try {
      StackJson stack = JSON.readValue(stackFile().toFile(), StackJson.class);
      stack.ports().forEach((kind, byName) -> ports.put(kind, new Ports(byName)));
      return ports;
    } catch (JsonProcessingException e) {
      throw new StackException(
          stackFile()
              + " is damaged ("
              + e.getOriginalMessage()
              + "): correct it, or move the home away",
          e);
    } catch (IOException e) {
      throw new StackException("cannot read " + stackFile() + " (" + e + ")", e);
    }
  }

  void remember(Map<ServerKind, Ports> ports) throws IOException {
    StackJson stack = new StackJson(new LinkedHashMap<>());
    ports.forEach((kind, named) -> stack.ports().put(kind, named.byName()));
    Path file = directory.resolve("stack.json.new");
    JSON.writeValue(file.toFile(), stack);
    Files.move(file, stackFile(), StandardCopyOption.ATOMIC_MOVE);
  }

  private record StackJson(Map<ServerKind, Map<String, Integer>> ports) {}

  /**
   * Makes the directory where it is missing, and waits until no other process changes this stack.
   */
  Lock lock(Progress progress) throws InterruptedException {
    try {
      Files.createDirectories(directory);
      FileChannel channel =
          FileChannel.open(lockFile(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        return new Lock(channel, lock(channel, progress));
      } catch (Throwable e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new StackException(
          "cannot write to the home directory "
              + directory
              + " ("
              + e
              + "): make it writable, or choose another home",
          e);
    }
  }

  private FileLock lock(FileChannel channel, Progress progress)
      throws IOException, InterruptedException {
    Instant deadline = Instant.now().plus(LOCK_WAIT);
    FileLock lock = tryLock(channel);
    if (lock == null) {
      progress.say("waiting for another process that starts or stops the stack in " + directory);
    }
    while (lock == null) {
      if (Instant.now().isAfter(deadline)) {
        throw new StackException(
            "another process has held "
                + lockFile()
                + " for "
                + LOCK_WAIT.toMinutes()
                + " minutes: end it");
      }
      Thread.sleep(LOCK_POLL.toMillis());
      lock = tryLock(channel);
    }
    return lock;
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException heldByThisJvm) {
      return null;
    }
  }

  /** Held until closed, or until this process ends. */
  record Lock(FileChannel channel, FileLock lock) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
