package dev.driftless.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class AddressesTest {
  private static final Map<ServerKind, Ports> PORTS =
      Map.of(
          ServerKind.KAFKA, new Ports(Map.of(KafkaServer.CLIENTS, 1, KafkaServer.CONTROLLER, 2)),
          ServerKind.REGISTRY, new Ports(Map.of(RegistryServer.HTTP, 3)),
          ServerKind.POSTGRES, new Ports(Map.of(PostgresServer.SQL, 4)),
          ServerKind.REDIS, new Ports(Map.of(RedisServer.RESP, 5)),
          ServerKind.QDRANT, new Ports(Map.of(QdrantServer.GRPC, 6, QdrantServer.HTTP, 7)));

  @Test
  void the_environment_has_exactly_the_variables_that_programs_read() {
    assertThat(Addresses.of(PORTS).environment())
        .containsExactly(
            entry("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1"),
            entry("SCHEMA_REGISTRY_URL", "http://127.0.0.1:3/apis/ccompat/v7"),
            entry("PGHOST", "127.0.0.1"),
            entry("PGPORT", "4"),
            entry("PGUSER", "postgres"),
            entry("PGPASSWORD", "postgres"),
            entry("PGDATABASE", "driftless"),
            entry("PGSSLMODE", "disable"),
            entry("REDIS_URL", "redis://127.0.0.1:5"),
            entry("QDRANT_GRPC", "127.0.0.1:6"),
            entry("QDRANT_HTTP", "http://127.0.0.1:7"));
    assertThat(Addresses.of(PORTS).jdbcUrl()).isEqualTo("jdbc:postgresql://127.0.0.1:4/driftless");
  }

  @Test
  void servers_the_stack_does_not_have_are_left_out() {
    Addresses partial =
        Addresses.of(Map.of(ServerKind.REDIS, new Ports(Map.of(RedisServer.RESP, 5))));

    assertThat(partial.environment()).containsExactly(entry("REDIS_URL", "redis://127.0.0.1:5"));
    assertThatThrownBy(partial::kafkaBootstrapServers)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("no kafka");
    assertThatThrownBy(partial::jdbcUrl).hasMessageContaining("no postgres");
    assertThatThrownBy(partial::postgresPort).hasMessageContaining("no postgres");
  }
}
