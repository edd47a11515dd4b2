package dev.driftless.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LocalProgramTest {

  @TempDir Path home = Path.of("");

  @AfterEach
  void none_runs() {
    program().stop(Duration.ZERO, Progress.silent());
  }

  @Test
  void it_runs_until_it_is_stopped_and_is_not_started_twice() {
    boolean started = start("exec sleep 60");
    long pid = program().pid().orElseThrow();
    boolean startedAgain = start("exec sleep 60");

    assertThat(started).isTrue();
    assertThat(startedAgain).isFalse();
    assertThat(program().pid()).hasValue(pid);
    assertThat(program().state()).isEqualTo(ServerStatus.State.RUNNING);

    program().stop(Duration.ofSeconds(10), Progress.silent());

    assertThat(program().state()).isEqualTo(ServerStatus.State.STOPPED);
    assertThat(program().pid()).isEmpty();
  }

  @Test
  void one_that_was_killed_is_dead_until_it_is_started_again() {
    start("exec sleep 60");
    assertThat(ProcessHandle.of(program().pid().orElseThrow()).orElseThrow().destroyForcibly())
        .isTrue();
    awaitEnd();

    assertThat(program().state()).isEqualTo(ServerStatus.State.DEAD);
    assertThat(start("exec sleep 60")).isTrue();
    assertThat(program().state()).isEqualTo(ServerStatus.State.RUNNING);
  }

  @Test
  void one_that_does_not_heed_the_request_is_killed() {
    start("trap '' TERM; echo ready; while :; do sleep 1; done");
    awaitLine("ready");
    List<String> said = new ArrayList<>();

    program().stop(Duration.ofMillis(200), said::add);

    assertThat(program().state()).isEqualTo(ServerStatus.State.STOPPED);
    assertThat(said).anyMatch(line -> line.contains("killing it"));
  }

  @Test
  void its_log_begins_anew_with_each_start() {
    start("echo error: first; echo $GREETING");
    awaitLine("hello");
    awaitEnd();
    start("echo second");
    awaitLine("second");

    assertThat(program().log()).content().isEqualTo("second\n");
    assertThat(home.resolve("log/tool.log.old")).content().contains("first");
  }

  private LocalProgram program() {
    return LocalStack.open(home).program("tool");
  }

  private boolean start(String script) {
    if (!LocalStack.open(home).exists()) {
      writeStack();
    }
    return program()
        .start(List.of("/bin/sh", "-c", script), Map.of("GREETING", "hello"), Progress.silent());
  }

  private void writeStack() {
    try {
      Files.writeString(home.resolve("stack.json"), "{\"ports\":{}}");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void awaitEnd() {
    await(() -> program().pid().isEmpty());
  }

  private void awaitLine(String line) {
    await(() -> Files.exists(program().log()) && Files.readString(program().log()).contains(line));
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(Condition condition) {
    try {
      for (int i = 0; i < 500 && !condition.holds(); i++) {
        Thread.sleep(20);
      }
      assertThat(condition.holds()).isTrue();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
