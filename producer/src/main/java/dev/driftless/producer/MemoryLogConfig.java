package dev.driftless.producer;

import dev.driftless.schemas.EmbeddingModels;
import dev.driftless.schemas.EventRegistry;
import dev.driftless.schemas.Names;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * How to reach the log, and what it takes.
 *
 * @param kafka settings of the Kafka client, passed on as they are; at least {@code
 *     bootstrap.servers}. Refused are those that would break what an append promises
 * @param registryUrl base addresses of the Schema Registry, separated by commas
 * @param registry settings of the registry client, passed on as they are
 * @param embeddingModels the models whose vectors events may carry, and their dimensions
 * @param timeout for one append to be acknowledged, half of it to get room in the buffer; at least
 *     1 s
 * @param bufferBytes for events that are not acknowledged yet; at least 1 MiB. An event must fit
 */
public record MemoryLogConfig(
    Map<String, String> kafka,
    String registryUrl,
    Map<String, String> registry,
    Names names,
    Map<String, Integer> embeddingModels,
    Duration timeout,
    long bufferBytes) {

  private static final long MEBIBYTE = 1 << 20;

  private static final Set<String> OURS =
      Set.of(
          "key.serializer",
          "value.serializer",
          "partitioner.class",
          "partitioner.ignore.keys",
          "transactional.id",
          "interceptor.classes");

  private static final Map<String, String> ELSEWHERE =
      Map.of(
          "buffer.memory", "bufferBytes",
          "max.block.ms", "timeout",
          "delivery.timeout.ms", "timeout",
          "request.timeout.ms", "timeout");

  public MemoryLogConfig {
    kafka = Map.copyOf(kafka);
    registry = Map.copyOf(registry);
    embeddingModels = Map.copyOf(embeddingModels);
    if (kafka.getOrDefault("bootstrap.servers", "").isBlank()) {
      throw new IllegalArgumentException(
          "kafka setting bootstrap.servers: missing, expected host:port");
    }
    kafka.forEach(MemoryLogConfig::check);
    embeddingModels.forEach(MemoryLogConfig::checkModel);
    if (timeout.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException("timeout %s: expected at least 1 s".formatted(timeout));
    }
    if (bufferBytes < MEBIBYTE) {
      throw new IllegalArgumentException(
          "bufferBytes %d: expected at least %d".formatted(bufferBytes, MEBIBYTE));
    }
  }

  /** The known embedding models, 30 s, and 32 MiB. */
  public static MemoryLogConfig of(String bootstrapServers, String registryUrl) {
    return new MemoryLogConfig(
        Map.of("bootstrap.servers", bootstrapServers),
        registryUrl,
        Map.of(),
        Names.DEFAULT,
        EmbeddingModels.KNOWN,
        Duration.ofSeconds(30),
        32 * MEBIBYTE);
  }

  /** The same for the log of another installation. */
  public MemoryLogConfig withNames(Names other) {
    return new MemoryLogConfig(
        kafka, registryUrl, registry, other, embeddingModels, timeout, bufferBytes);
  }

  /** The same with another timeout. */
  public MemoryLogConfig withTimeout(Duration other) {
    return new MemoryLogConfig(
        kafka, registryUrl, registry, names, embeddingModels, other, bufferBytes);
  }

  /** The same with these settings of the Kafka client added. */
  public MemoryLogConfig withKafka(Map<String, String> more) {
    Map<String, String> all = new HashMap<>(kafka);
    all.putAll(more);
    return new MemoryLogConfig(
        all, registryUrl, registry, names, embeddingModels, timeout, bufferBytes);
  }

  /** The same with these settings of the registry client. */
  public MemoryLogConfig withRegistry(Map<String, String> settings) {
    return new MemoryLogConfig(
        kafka, registryUrl, settings, names, embeddingModels, timeout, bufferBytes);
  }

  /** Never the settings and credentials, which are passwords. */
  @Override
  public String toString() {
    return "MemoryLogConfig[log=%s, kafka=%s, registry=%s]"
        .formatted(names.log(), bootstrapServers(), EventRegistry.withoutCredentials(registryUrl));
  }

  String bootstrapServers() {
    return kafka.getOrDefault("bootstrap.servers", "");
  }

  private static void check(String key, String value) {
    String setting = "kafka setting " + key;
    if (ELSEWHERE.containsKey(key)) {
      throw new IllegalArgumentException(setting + ": use " + ELSEWHERE.get(key) + " instead");
    }
    if (OURS.contains(key)) {
      throw new IllegalArgumentException(setting + ": the wire contract fixes it, leave it out");
    }
    if (key.equals("acks") && !Set.of("all", "-1").contains(value)) {
      throw new IllegalArgumentException(
          setting + "=" + value + ": expected all, since what is acknowledged is durable");
    }
    if (key.equals("enable.idempotence") && !value.equals("true")) {
      throw new IllegalArgumentException(
          setting + "=" + value + ": expected true, since an event is written once");
    }
  }

  private static void checkModel(String model, int dimensions) {
    if (model.isBlank() || dimensions < 1) {
      throw new IllegalArgumentException(
          "embedding model '%s' with %d dimensions: expected a name and at least 1"
              .formatted(model, dimensions));
    }
  }
}
