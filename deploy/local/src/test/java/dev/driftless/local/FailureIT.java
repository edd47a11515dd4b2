package dev.driftless.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FailureIT {
  private static final EnumSet<ServerKind> REDIS = EnumSet.of(ServerKind.REDIS);
  private static final EnumSet<ServerKind> POSTGRES = EnumSet.of(ServerKind.POSTGRES);
  private static final EnumSet<ServerKind> QDRANT = EnumSet.of(ServerKind.QDRANT);

  @TempDir Path temporary;

  private final Lines lines = new Lines();

  @AfterEach
  void stop() {
    stack(Host.here()).stop(Progress.silent());
  }

  private Path home() {
    return temporary.resolve("home");
  }

  private LocalStack stack(Host host) {
    return new LocalStack(home(), host, false);
  }

  private Host hostWith(String variable, String value) {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put(variable, value);
    return new Host(environment, Host.here().javaHome());
  }

  @Test
  void a_usual_port_in_use_is_replaced_and_said_so() throws Exception {
    try (ServerSocket occupied = occupy(6379)) {
      Addresses addresses = LocalStack.open(home()).start(REDIS, lines);

      assertThat(occupied.isClosed()).isFalse();
      assertThat(URI.create(addresses.redisUrl()).getPort()).isNotEqualTo(6379);
      assertThat(lines.said()).first().asString().contains("redis: port 6379 (resp) is in use");
    }
  }

  @Test
  void a_remembered_port_taken_meanwhile_is_replaced_and_stays_replaced() throws Exception {
    int before = URI.create(stack(Host.here()).start(REDIS, lines).redisUrl()).getPort();
    stack(Host.here()).stop(lines);

    int after;
    try (ServerSocket occupied = occupy(before)) {
      assertThat(occupied.getLocalPort()).isEqualTo(before);
      after = URI.create(stack(Host.here()).start(REDIS, lines).redisUrl()).getPort();
      assertThat(after).isNotEqualTo(before);
    }
    stack(Host.here()).stop(lines);
    assertThat(URI.create(stack(Host.here()).start(REDIS, lines).redisUrl()).getPort())
        .isEqualTo(after);
  }

  /** Whoever holds the port, it is in use. */
  private static ServerSocket occupy(int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    try {
      socket.bind(new InetSocketAddress(InetAddress.getByName(Addresses.HOST), port));
    } catch (BindException alreadyInUse) {
      socket.bind(new InetSocketAddress(InetAddress.getByName(Addresses.HOST), 0));
    }
    return socket;
  }

  @Test
  void a_server_that_ends_while_starting_is_reported_with_its_last_words_and_its_log()
      throws Exception {
    Path data = Files.createDirectories(home().resolve("data/redis"));
    Files.writeString(home().resolve("stack.json"), "{\"ports\":{}}");
    Files.writeString(data.resolve("appendonly.aof"), "this is no append-only file");

    assertThatThrownBy(() -> stack(Host.here()).start(REDIS, lines))
        .isInstanceOf(StackException.class)
        .hasMessageContaining("redis: ended while starting")
        .hasMessageContaining("Bad file format reading the append only file")
        .hasMessageContaining(home().resolve("log/redis.log").toString());
    assertThat(stack(Host.here()).status().get(ServerKind.REDIS.ordinal()).state())
        .isEqualTo(ServerStatus.State.DEAD);
  }

  @Test
  void a_broker_that_cannot_read_its_data_says_why() throws Exception {
    Path data = Files.createDirectories(home().resolve("data/kafka/log"));
    Files.writeString(home().resolve("stack.json"), "{\"ports\":{}}");
    Files.writeString(data.resolve("meta.properties"), "version=1\nnode.id=77\ncluster.id=x\n");

    assertThatThrownBy(() -> stack(Host.here()).start(EnumSet.of(ServerKind.KAFKA), lines))
        .isInstanceOf(StackException.class)
        .hasMessageContaining("kafka: ended while starting")
        .hasMessageContaining("Stored node id 77")
        .hasMessageContaining(home().resolve("log/kafka.log").toString());
  }

  @Test
  void one_server_that_fails_does_not_keep_the_others_from_starting() {
    Host host = hostWith(QdrantProgram.VARIABLE, "/bin/false");

    assertThatThrownBy(
            () -> stack(host).start(EnumSet.of(ServerKind.REDIS, ServerKind.QDRANT), lines))
        .isInstanceOf(StackException.class)
        .hasMessageContaining("qdrant: ended while starting");

    assertThat(stack(host).status().get(ServerKind.REDIS.ordinal()).state())
        .isEqualTo(ServerStatus.State.RUNNING);
  }

  @Test
  void npm_without_a_registry_is_reported_with_its_reason() throws Exception {
    int closed;
    try (ServerSocket socket = occupy(0)) {
      closed = socket.getLocalPort();
    }
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("npm_config_registry", "http://127.0.0.1:" + closed);
    environment.put("npm_config_cache", temporary.resolve("npm").toString());
    environment.put("DRIFTLESS_CACHE", temporary.resolve("cache").toString());
    Host host = new Host(environment, Host.here().javaHome());

    assertThatThrownBy(() -> stack(host).start(QDRANT, lines))
        .isInstanceOf(StackException.class)
        .hasMessageContaining("qdrant: npm could not fetch " + QdrantProgram.PACKAGE)
        .hasMessageContaining("ECONNREFUSED")
        .hasMessageContaining(QdrantProgram.VARIABLE)
        .message()
        .doesNotContain("\n");
    assertThat(temporary.resolve("cache")).isEmptyDirectory();
  }

  @Test
  void postgres_as_root_without_unshare_is_reported() throws Exception {
    assumeTrue(Integer.valueOf(0).equals(Files.getAttribute(temporary, "unix:uid")));

    assertThatThrownBy(() -> stack(hostWith("PATH", temporary.toString())).start(POSTGRES, lines))
        .isInstanceOf(StackException.class)
        .hasMessageContaining("postgres: does not run as root")
        .hasMessageContaining("unshare");
  }

  @Test
  void postgres_as_root_without_user_namespaces_is_reported() throws Exception {
    assumeTrue(Integer.valueOf(0).equals(Files.getAttribute(temporary, "unix:uid")));
    Path unshare = temporary.resolve("unshare");
    Files.writeString(
        unshare, "#!/bin/sh\necho 'unshare failed: Operation not permitted'\nexit 1\n");
    Cache.makeExecutable(unshare);

    assertThatThrownBy(() -> stack(hostWith("PATH", temporary.toString())).start(POSTGRES, lines))
        .isInstanceOf(StackException.class)
        .hasMessageContaining("Operation not permitted")
        .hasMessageContaining("run as another user");
  }

  @Test
  void a_missing_java_program_is_reported() {
    Host host = new Host(System.getenv(), temporary.resolve("no-jdk"));

    assertThatThrownBy(() -> stack(host).start(EnumSet.of(ServerKind.REGISTRY), lines))
        .isInstanceOf(StackException.class)
        .hasMessageContaining("no java program at " + temporary.resolve("no-jdk/bin/java"));
  }
}
