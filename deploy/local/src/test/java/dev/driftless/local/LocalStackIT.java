package dev.driftless.local;

import static dev.driftless.local.ServerStatus.State.DEAD;
import static dev.driftless.local.ServerStatus.State.RUNNING;
import static dev.driftless.local.ServerStatus.State.STOPPED;
import static dev.driftless.local.ServerStatus.State.UNRESPONSIVE;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class LocalStackIT {
  private static final Set<ServerKind> ALL = EnumSet.allOf(ServerKind.class);

  @TempDir static Path home;

  private LocalStack stack = open();
  private Addresses addresses = Addresses.of(Map.of());

  @BeforeEach
  void all_run() {
    stack = open();
    addresses = stack.start(ALL, Progress.silent());
  }

  @AfterAll
  static void none_run() {
    open().stop(Progress.silent());
  }

  private static LocalStack open() {
    return new LocalStack(home, Host.here(), false);
  }

  @ParameterizedTest
  @EnumSource
  void a_server_works_at_the_address_given(ServerKind kind) throws Exception {
    new Marks(addresses).leave(kind, 11);

    assertThat(new Marks(open().addresses()).find(kind)).contains(11);
  }

  @Test
  void the_cached_qdrant_is_recognized_and_used_again() throws Exception {
    Lines lines = new Lines();

    QdrantProgram.find(Host.here(), lines);

    assertThat(lines.said()).isEmpty();
  }

  @Test
  void a_second_start_leaves_the_servers_alone() {
    Map<ServerKind, OptionalLong> before = pids();

    assertThat(open().start(ALL, Progress.silent())).isEqualTo(addresses);

    assertThat(pids()).isEqualTo(before);
    assertThat(states()).containsOnly(RUNNING);
  }

  @Test
  void stop_and_start_keep_data_and_ports() throws Exception {
    for (ServerKind kind : ALL) {
      new Marks(addresses).leave(kind, 21);
    }

    stack.stop(Progress.silent());
    assertThat(states()).containsOnly(STOPPED);
    assertThat(stack.addresses()).isEqualTo(addresses);

    assertThat(open().start(ALL, Progress.silent())).isEqualTo(addresses);
    for (ServerKind kind : ALL) {
      assertThat(new Marks(addresses).find(kind)).as(kind.id()).contains(21);
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_killed_server_is_dead_until_it_is_started_again_with_its_data(ServerKind kind)
      throws Exception {
    new Marks(addresses).leave(kind, 31);

    stack.kill(kind);

    assertThat(states()).filteredOn(state -> state != RUNNING).containsExactly(DEAD);
    assertThat(stack.status().get(kind.ordinal()).state()).isEqualTo(DEAD);
    assertThat(stack.start(EnumSet.of(kind), Progress.silent())).isEqualTo(addresses);
    assertThat(new Marks(addresses).find(kind)).contains(31);
    new Marks(addresses).leave(kind, 32);
  }

  @Test
  void a_killed_postgresql_starts_though_another_program_has_its_process_id() throws Exception {
    new Marks(addresses).leave(ServerKind.POSTGRES, 35);

    stack.kill(ServerKind.POSTGRES);
    Path file = stack.data(ServerKind.POSTGRES).resolve("cluster/postmaster.pid");
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    Process other = new ProcessBuilder("sleep", "600").start();
    lines.set(0, String.valueOf(other.pid()));
    Files.write(file, lines);

    try {
      stack.start(EnumSet.of(ServerKind.POSTGRES), Progress.silent());
    } finally {
      other.destroy();
    }
    assertThat(new Marks(addresses).find(ServerKind.POSTGRES)).contains(35);
  }

  @ParameterizedTest
  @EnumSource
  void a_suspended_server_is_unresponsive_until_it_goes_on(ServerKind kind) throws Exception {
    new Marks(addresses).leave(kind, 41);
    Map<ServerKind, OptionalLong> before = pids();

    stack.suspend(kind);
    assertThat(stack.status().get(kind.ordinal()).state()).isEqualTo(UNRESPONSIVE);
    stack.resume(kind);

    stack.start(EnumSet.of(kind), Progress.silent());
    assertThat(pids()).isEqualTo(before);
    assertThat(new Marks(addresses).find(kind)).contains(41);
  }

  @Test
  void a_suspended_server_can_be_stopped() {
    try (TestStack own = TestStack.fresh(ServerKind.REDIS)) {
      own.stack().suspend(ServerKind.REDIS);

      own.stack().stop(Progress.silent());

      assertThat(own.stack().status()).extracting(ServerStatus::state).containsOnly(STOPPED);
    }
  }

  @Test
  void two_starts_at_once_give_one_stack() {
    stack.kill(ServerKind.REDIS);
    stack.kill(ServerKind.QDRANT);

    List<CompletableFuture<Addresses>> starts =
        List.of(
            CompletableFuture.supplyAsync(() -> open().start(ALL, Progress.silent())),
            CompletableFuture.supplyAsync(() -> open().start(ALL, Progress.silent())));

    assertThat(starts).map(CompletableFuture::join).containsOnly(addresses);
    assertThat(states()).containsOnly(RUNNING);
  }

  private List<ServerStatus.State> states() {
    return stack.status().stream().map(ServerStatus::state).toList();
  }

  private Map<ServerKind, OptionalLong> pids() {
    return stack.status().stream().collect(Collectors.toMap(ServerStatus::kind, ServerStatus::pid));
  }
}
