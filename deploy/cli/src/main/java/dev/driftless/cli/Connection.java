package dev.driftless.cli;

import dev.driftless.local.LocalStack;
import dev.driftless.producer.MemoryLogConfig;
import dev.driftless.projectors.app.ProjectorsConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the servers are that a command talks to: options that every such command has. */
final class Connection {

  @Option(
      names = "--home",
      paramLabel = "DIR",
      description =
          "The local stack's directory. Where it is not given, and KAFKA_BOOTSTRAP_SERVERS (or …_FILE) is set, the"
              + " addresses come from the environment. Default: DRIFTLESS_HOME, else .driftless.")
  private @Nullable Path home;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings of your own servers, as the projectors take them.")
  private @Nullable Path file;

  private final Map<String, String> environment;

  Connection() {
    this(System.getenv());
  }

  Connection(Map<String, String> environment) {
    this.environment = environment;
  }

  /** The local stack's directory, whether or not there is one. */
  Path home() {
    return home != null ? home : Path.of(environment.getOrDefault("DRIFTLESS_HOME", ".driftless"));
  }

  /**
   * Every address and setting, as the projectors know them.
   *
   * @throws IllegalArgumentException if there is neither a stack nor an address in the environment
   */
  ProjectorsConfig config() {
    return ProjectorsConfig.load(file, variables());
  }

  /** The log's, for a publisher. */
  MemoryLogConfig log() {
    return log(config());
  }

  /** The same log as these projectors read. */
  static MemoryLogConfig log(ProjectorsConfig config) {
    return MemoryLogConfig.of(
            String.valueOf(config.kafka().get("bootstrap.servers")), config.registry().url())
        .withNames(config.names())
        .withKafka(config.kafka())
        .withRegistry(config.registry().settings());
  }

  /** The settings that the user gave as a file; null if none. */
  @Nullable Path file() {
    return file;
  }

  /** Whether the servers are those of the local stack. */
  boolean isLocal() {
    boolean told =
        file != null
            || environment.containsKey("KAFKA_BOOTSTRAP_SERVERS")
            || environment.containsKey("KAFKA_BOOTSTRAP_SERVERS_FILE");
    return home != null || !told;
  }

  private Map<String, String> variables() {
    if (!isLocal()) {
      return environment;
    }
    if (!Files.exists(home().resolve("stack.json"))) {
      throw new IllegalArgumentException(
          "there is no local stack in %s: run driftless up, or set KAFKA_BOOTSTRAP_SERVERS, SCHEMA_REGISTRY_URL, PGHOST, REDIS_URL and QDRANT_GRPC"
              .formatted(home()));
    }
    Map<String, String> variables = new HashMap<>(environment);
    variables.putAll(LocalStack.open(home()).addresses().environment());
    return variables;
  }
}
