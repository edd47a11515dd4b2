package dev.driftless.cli;

import dev.driftless.producer.MemoryLogConfig;
import dev.driftless.schemas.Names;
import java.util.Map;

/**
 * Where the servers are that a command talks to.
 *
 * @param names of the installation, from {@code DRIFTLESS_NAME}
 */
record Connection(String kafkaBootstrapServers, String schemaRegistryUrl, Names names) {

  /**
   * As {@code driftless env} prints it.
   *
   * @throws IllegalArgumentException naming the variable that is missing
   */
  static Connection of(Map<String, String> environment) {
    return new Connection(
        variable(environment, "KAFKA_BOOTSTRAP_SERVERS"),
        variable(environment, "SCHEMA_REGISTRY_URL"),
        new Names(environment.getOrDefault("DRIFTLESS_NAME", "")));
  }

  MemoryLogConfig log() {
    return MemoryLogConfig.of(kafkaBootstrapServers, schemaRegistryUrl).withNames(names);
  }

  private static String variable(Map<String, String> environment, String name) {
    String value = environment.getOrDefault(name, "");
    if (value.isBlank()) {
      throw new IllegalArgumentException(
          name + " is not set: run driftless up, then eval \"$(driftless env)\"");
    }
    return value;
  }
}
