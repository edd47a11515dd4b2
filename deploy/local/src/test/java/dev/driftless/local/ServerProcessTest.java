package dev.driftless.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ServerProcessTest {
  @TempDir Path temporary;

  private ServerProcess file() {
    return new ServerProcess(temporary.resolve("a.pid"));
  }

  @Test
  void a_process_is_found_again_by_its_file() throws Exception {
    file().remember(ProcessHandle.current());

    assertThat(file().alive()).contains(ProcessHandle.current());
    file().forget();
    assertThat(file().isExpected()).isFalse();
  }

  @Test
  void a_pid_that_another_process_got_later_is_not_taken_for_the_server() throws Exception {
    Files.writeString(file().pidFile(), ProcessHandle.current().pid() + " 1\n");

    assertThat(file().alive()).isEmpty();
    assertThat(file().isExpected()).isTrue();
  }

  @Test
  void a_damaged_file_names_no_process() throws Exception {
    for (String content : List.of("", "12", "twelve 1", "99999999999999999999 1")) {
      Files.writeString(file().pidFile(), content);
      assertThat(file().alive()).as(content).isEmpty();
    }
  }

  @Test
  void a_zombie_is_not_alive() throws Exception {
    Process parent = new ProcessBuilder("/bin/sh", "-c", "sleep 0.2 & exec sleep 60").start();
    try {
      while (parent.children().findAny().isEmpty()) {
        Thread.sleep(10);
      }
      ProcessHandle child = parent.children().findAny().orElseThrow();
      file().remember(child);

      assertThat(file().awaitEnd(Duration.ofSeconds(10))).isTrue();
      assertThat(child.isAlive()).as("not collected by its parent").isTrue();
    } finally {
      parent.destroyForcibly();
    }
  }

  @Test
  void kill_takes_the_children_along_even_of_a_frozen_process() throws Exception {
    Process parent = new ProcessBuilder("/bin/sh", "-c", "sleep 60 & sleep 61").start();
    while (parent.children().count() < 2) {
      Thread.sleep(10);
    }
    List<ProcessHandle> children = parent.children().toList();
    file().remember(parent.toHandle());
    file().signalAll("STOP");

    file().kill();

    assertThat(parent.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(file().alive()).isEmpty();
    for (ProcessHandle child : children) {
      ServerProcess other = new ServerProcess(temporary.resolve("child.pid"));
      other.remember(child);
      assertThat(other.alive()).isEmpty();
    }
  }
}
