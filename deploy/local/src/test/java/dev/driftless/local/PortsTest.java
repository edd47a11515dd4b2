package dev.driftless.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class PortsTest {
  private final Lines lines = new Lines();

  @Test
  void a_free_port_is_taken_as_wished_and_in_silence() throws Exception {
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(Addresses.HOST))) {
      free = socket.getLocalPort();
    }
    Ports wanted = new Ports(Map.of("http", free));

    assertThat(Ports.choose(ServerKind.QDRANT, wanted, new HashSet<>(), lines)).isEqualTo(wanted);
    assertThat(lines.said()).isEmpty();
  }

  @Test
  void a_busy_port_is_replaced_and_said_so() throws Exception {
    try (ServerSocket busy = new ServerSocket(0, 1, InetAddress.getByName(Addresses.HOST))) {
      Ports wanted = new Ports(Map.of("http", busy.getLocalPort()));

      int chosen = Ports.choose(ServerKind.QDRANT, wanted, new HashSet<>(), lines).get("http");

      assertThat(chosen).isNotEqualTo(busy.getLocalPort());
      assertThat(lines.said())
          .containsExactly(
              "qdrant: port " + busy.getLocalPort() + " (http) is in use, taking " + chosen);
    }
  }

  @Test
  void a_port_that_a_proxy_listens_on_stays_the_one_that_clients_are_told() throws Exception {
    try (ServerSocket proxy = new ServerSocket(0, 1, InetAddress.getByName(Addresses.HOST))) {
      Ports wanted = new Ports(Map.of(KafkaServer.PROXY, proxy.getLocalPort()));

      assertThat(Ports.choose(ServerKind.KAFKA, wanted, new HashSet<>(), lines)).isEqualTo(wanted);
      assertThat(lines.said()).isEmpty();
    }
  }

  @Test
  void a_port_that_another_server_of_the_stack_has_is_not_taken_again() {
    Set<Integer> taken = new HashSet<>(Set.of(5432));

    Ports chosen = Ports.choose(ServerKind.REDIS, new Ports(Map.of("resp", 5432)), taken, lines);

    assertThat(chosen.get("resp")).isNotEqualTo(5432);
    assertThat(taken).contains(5432, chosen.get("resp"));
  }

  @Test
  void any_ports_are_distinct_and_below_those_of_outgoing_connections() {
    Map<String, Integer> anywhere = new LinkedHashMap<>();
    for (int i = 0; i < 200; i++) {
      anywhere.put("port " + i, 1);
    }

    Ports chosen =
        Ports.choose(ServerKind.KAFKA, new Ports(anywhere).anywhere(), new HashSet<>(), lines);

    assertThat(chosen.byName().values()).doesNotHaveDuplicates().allMatch(port -> port < 32_768);
    assertThat(lines.said()).isEmpty();
  }
}
