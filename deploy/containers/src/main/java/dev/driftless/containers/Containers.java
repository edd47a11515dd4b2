package dev.driftless.containers;

import dev.driftless.local.Addresses;
import dev.driftless.local.ServerKind;
import dev.driftless.local.SharedServers;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.qdrant.QdrantContainer;

/**
 * One container for each kind of server, started when first asked for, and removed by
 * Testcontainers when this JVM has ended. They are configured as their images are, but for what
 * {@code compose.yaml} sets too, and for what tests need that lose members fast.
 *
 * <p>The system property {@code driftless.containers.redis} names another image for the cache:
 * {@code VALKEY_IMAGE}.
 *
 * <p>Safe for use by several threads.
 */
public final class Containers implements SharedServers {

  private static final String CACHE = "driftless.containers.redis";
  private static final String BROKER = "kafka:19092";
  private static final int REGISTRY_PORT = 8081;
  private static final int REDIS_PORT = 6379;
  private static final int QDRANT_HTTP = 6333;
  private static final Duration START = Duration.ofMinutes(3);

  private final Map<ServerKind, GenericContainer<?>> running = new EnumMap<>(ServerKind.class);
  private final Network network = Network.newNetwork();

  @Override
  public synchronized Addresses with(Set<ServerKind> kinds) {
    kinds.forEach(this::start);
    return addresses();
  }

  private void start(ServerKind kind) {
    if (running.containsKey(kind)) {
      return;
    }
    if (kind == ServerKind.REGISTRY) {
      start(ServerKind.KAFKA);
    }
    GenericContainer<?> container =
        switch (kind) {
          case KAFKA -> kafka();
          case REGISTRY -> registry();
          case POSTGRES -> postgres();
          case REDIS -> redis();
          case QDRANT -> new QdrantContainer(Images.named("QDRANT_IMAGE"));
        };
    container.withStartupTimeout(START).start();
    running.put(kind, container);
  }

  private KafkaContainer kafka() {
    return new KafkaContainer(Images.named("KAFKA_IMAGE"))
        .withNetwork(network)
        .withListener(BROKER)
        .withEnv("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
        .withEnv("KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS", "1000");
  }

  private GenericContainer<?> registry() {
    return new GenericContainer<>(Images.named("REGISTRY_IMAGE"))
        .withNetwork(network)
        .withEnv("SCHEMA_REGISTRY_HOST_NAME", "registry")
        .withEnv("SCHEMA_REGISTRY_KAFKASTORE_BOOTSTRAP_SERVERS", "PLAINTEXT://" + BROKER)
        .withExposedPorts(REGISTRY_PORT)
        .waitingFor(Wait.forHttp("/subjects").forPort(REGISTRY_PORT));
  }

  private static PostgreSQLContainer postgres() {
    return new PostgreSQLContainer(Images.named("POSTGRES_IMAGE"))
        .withDatabaseName("driftless")
        .withUsername("postgres")
        .withPassword("postgres")
        .withCommand("postgres", "-c", "max_connections=200");
  }

  private static GenericContainer<?> redis() {
    return new GenericContainer<>(Images.named(System.getProperty(CACHE, "REDIS_IMAGE")))
        // the images' entry points put the server's name, redis or valkey, before the options
        .withCommand("--appendonly", "yes", "--maxmemory-policy", "noeviction")
        .withExposedPorts(REDIS_PORT)
        .waitingFor(Wait.forListeningPort());
  }

  private Addresses addresses() {
    PostgreSQLContainer postgres = (PostgreSQLContainer) running.get(ServerKind.POSTGRES);
    KafkaContainer kafka = (KafkaContainer) running.get(ServerKind.KAFKA);
    QdrantContainer qdrant = (QdrantContainer) running.get(ServerKind.QDRANT);
    return new Addresses(
        kafka == null ? "" : kafka.getBootstrapServers(),
        url("http://", ServerKind.REGISTRY, REGISTRY_PORT),
        postgres == null ? "" : postgres.getHost(),
        postgres == null ? 0 : postgres.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT),
        postgres == null ? "" : postgres.getUsername(),
        postgres == null ? "" : postgres.getPassword(),
        postgres == null ? "" : postgres.getDatabaseName(),
        url("redis://", ServerKind.REDIS, REDIS_PORT),
        qdrant == null ? "" : qdrant.getGrpcHostAddress(),
        url("http://", ServerKind.QDRANT, QDRANT_HTTP));
  }

  private String url(String scheme, ServerKind kind, int port) {
    GenericContainer<?> container = running.get(kind);
    return container == null
        ? ""
        : scheme + container.getHost() + ":" + container.getMappedPort(port);
  }
}
