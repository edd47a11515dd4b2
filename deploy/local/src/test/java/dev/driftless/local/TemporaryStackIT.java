package dev.driftless.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TemporaryStackIT {
  /** Starts a stack, prints its home and the pids of its servers, and ends as it is told to. */
  static final class Program {
    private Program() {}

    public static void main(String... arguments) throws Exception {
      @SuppressWarnings("resource") // what happens when it is not closed is what is tested
      TestStack stack = TestStack.fresh(kinds(arguments[0]));
      System.out.println("home " + stack.stack().home());
      stack.stack().status().stream()
          .flatMapToLong(server -> server.pid().stream())
          .forEach(pid -> System.out.println("pid " + pid));
      System.out.println("done");
      switch (arguments[0]) {
        case "exits" -> System.exit(0);
        case "halts" -> Runtime.getRuntime().halt(0);
        default -> Thread.sleep(600_000);
      }
    }
  }

  /** All of them once; who ends them is the same in each case. */
  private static ServerKind[] kinds(String ends) {
    return ends.equals("is killed")
        ? ServerKind.values()
        : new ServerKind[] {ServerKind.POSTGRES, ServerKind.REDIS};
  }

  @ParameterizedTest
  @ValueSource(strings = {"exits", "halts", "is killed"})
  void servers_and_files_are_gone_when_the_jvm(String ends) throws Exception {
    Process jvm =
        new ProcessBuilder(
                Host.here().java().toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Program.class.getName(),
                ends)
            .redirectErrorStream(true)
            .start();
    List<String> said;
    try (BufferedReader out = jvm.inputReader()) {
      said = out.lines().takeWhile(line -> !line.equals("done")).toList();
      jvm.destroyForcibly();
    }
    assertThat(jvm.waitFor(30, TimeUnit.SECONDS)).isTrue();

    Path home = Path.of(values(said, "home ").get(0));
    List<Long> pids = values(said, "pid ").stream().map(Long::valueOf).toList();
    assertThat(pids).as("in %s", said).hasSameSizeAs(kinds(ends));
    assertThat(withinTenSeconds(() -> pids.stream().noneMatch(TemporaryStackIT::isAlive)))
        .as("servers are gone")
        .isTrue();
    assertThat(withinTenSeconds(() -> !Files.exists(home))).as("files are gone").isTrue();
  }

  @Test
  void closing_ends_the_servers_and_removes_the_directory() throws Exception {
    TestStack stack = TestStack.fresh(ServerKind.POSTGRES, ServerKind.REDIS);
    List<Long> pids =
        stack.stack().status().stream().flatMapToLong(s -> s.pid().stream()).boxed().toList();
    assertThat(pids).hasSize(2);

    stack.close();

    assertThat(pids).noneMatch(TemporaryStackIT::isAlive);
    assertThat(stack.stack().home()).doesNotExist();
  }

  @Test
  void the_shared_stack_is_one_and_grows_as_asked_and_cannot_be_closed() {
    Addresses redis = TestStack.shared().with(ServerKind.REDIS);
    Addresses both = TestStack.shared().with(ServerKind.QDRANT);

    assertThat(both.redisUrl()).isEqualTo(redis.redisUrl());
    assertThat(both.environment()).containsOnlyKeys("REDIS_URL", "QDRANT_GRPC", "QDRANT_HTTP");
    assertThatThrownBy(() -> TestStack.shared().close()).isInstanceOf(IllegalStateException.class);
  }

  private static boolean isAlive(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  private static List<String> values(List<String> lines, String prefix) {
    return lines.stream()
        .filter(line -> line.startsWith(prefix))
        .map(line -> line.substring(prefix.length()))
        .toList();
  }

  private interface Condition {
    boolean holds();
  }

  private static boolean withinTenSeconds(Condition condition) throws InterruptedException {
    Instant deadline = Instant.now().plus(Duration.ofSeconds(10));
    while (!condition.holds()) {
      if (Instant.now().isAfter(deadline)) {
        return false;
      }
      Thread.sleep(50);
    }
    return true;
  }
}
