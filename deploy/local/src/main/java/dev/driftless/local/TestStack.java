package dev.driftless.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A temporary stack for tests: real servers on free ports, never the usual ones, in a temporary
 * directory. The servers and the directory are gone when the stack is closed, or within a second of
 * this JVM's end, even if it is killed.
 *
 * <pre>{@code
 * Addresses servers = TestStack.shared().with(ServerKind.KAFKA, ServerKind.POSTGRES);
 * }</pre>
 *
 * <p>What it does is logged at info level by the logger of this class. Safe for use by several
 * threads.
 */
public final class TestStack implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TestStack.class);

  private final LocalStack stack;
  private final Guard guard;
  private final boolean shared;
  private final @Nullable SharedServers others;

  private TestStack(boolean shared, @Nullable Security security) {
    this.shared = shared;
    this.others = shared ? ServiceLoader.load(SharedServers.class).findFirst().orElse(null) : null;
    try {
      Path home = Files.createTempDirectory("driftless-test-").toRealPath();
      this.guard = Guard.over(home, Host.here());
      this.stack = new LocalStack(home, Host.here(), false, security);
    } catch (IOException e) {
      throw new StackException("cannot make a temporary directory: " + e, e);
    }
  }

  private static final class Shared {
    static final TestStack STACK = new TestStack(true, null);
  }

  /**
   * The one stack that the tests of this JVM share. They leave its servers alive: they may be those
   * of a {@link SharedServers}.
   */
  public static TestStack shared() {
    return Shared.STACK;
  }

  /** A stack for the test that calls, which may kill its servers and closes it. */
  public static TestStack fresh(ServerKind... kinds) {
    return started(new TestStack(false, null), kinds);
  }

  /** As {@link #fresh}, of servers that let in only whom this says. */
  static TestStack secured(Security security, ServerKind... kinds) {
    return started(new TestStack(false, security), kinds);
  }

  private static TestStack started(TestStack fresh, ServerKind... kinds) {
    try {
      fresh.start(kinds);
      return fresh;
    } catch (RuntimeException e) {
      fresh.close();
      throw e;
    }
  }

  /** The addresses of these servers and of others started earlier; starts what does not run yet. */
  public synchronized Addresses with(ServerKind... kinds) {
    return start(kinds);
  }

  private Addresses start(ServerKind... kinds) {
    Set<ServerKind> asked = EnumSet.copyOf(List.of(kinds));
    return others == null ? stack.start(asked, LOG::info) : others.with(asked);
  }

  /** For a test that stops, kills or freezes servers of its own stack. */
  public LocalStack stack() {
    return stack;
  }

  /** The program that runs as this server, for a test that starts it in another way. */
  public String program(ServerKind kind) {
    return stack.status().stream()
        .filter(status -> status.kind() == kind)
        .flatMap(status -> ProcessHandle.of(status.pid().orElseThrow()).stream())
        .flatMap(process -> process.info().command().stream())
        .findFirst()
        .orElseThrow();
  }

  /**
   * A proxy before the broker, which the caller closes; one at a time. The broker tells clients
   * that bootstrap from its port to stay with it, so all they send goes through it.
   */
  public FaultyProxy kafkaProxy() {
    return stack.kafkaProxy();
  }

  /**
   * Ends the servers and removes the directory.
   *
   * @throws IllegalStateException for the shared stack, which others still use
   */
  @Override
  public void close() {
    if (shared) {
      throw new IllegalStateException("the shared stack ends with its JVM");
    }
    guard.close();
  }
}
