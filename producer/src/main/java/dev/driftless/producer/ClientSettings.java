package dev.driftless.producer;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;

/**
 * One timeout for an append, divided among the Kafka client's own:
 *
 * <pre>
 * timeout = max.block.ms + delivery.timeout.ms, half each
 * delivery.timeout.ms = two requests and linger.ms, so that a broker that hangs is asked twice
 * </pre>
 */
final class ClientSettings {

  private static final long MAX_REQUEST_BYTES = 64L << 20;
  private static final long MAX_REQUEST_MS = 30_000;
  private static final long MAX_REGISTRY_MS = 10_000;
  private static final String DEFAULT_LINGER_MS = "5";

  private ClientSettings() {}

  static Map<String, Object> producer(MemoryLogConfig config) {
    Map<String, Object> settings = new HashMap<>(config.kafka());
    settings.putIfAbsent("compression.type", "lz4");
    settings.putIfAbsent("linger.ms", DEFAULT_LINGER_MS);
    long half = config.timeout().toMillis() / 2;
    long linger = Long.parseLong(settings.get("linger.ms").toString());
    settings.put("acks", "all");
    settings.put("enable.idempotence", "true");
    settings.put("buffer.memory", Long.toString(config.bufferBytes()));
    settings.put("max.request.size", Long.toString(maxRequestBytes(config)));
    settings.put("max.block.ms", Long.toString(half));
    settings.put("delivery.timeout.ms", Long.toString(half));
    settings.put("request.timeout.ms", Long.toString(requestMs(half, linger)));
    return settings;
  }

  /** The topic's own limit is usually lower; a broker closes connections at 100 MiB. */
  static long maxRequestBytes(MemoryLogConfig config) {
    return Math.min(config.bufferBytes(), MAX_REQUEST_BYTES);
  }

  static Map<String, Object> admin(MemoryLogConfig config) {
    Map<String, Object> settings = new HashMap<>(config.kafka());
    long half = config.timeout().toMillis() / 2;
    settings.keySet().retainAll(AdminClientConfig.configNames());
    settings.put("default.api.timeout.ms", Long.toString(half));
    settings.put("request.timeout.ms", Long.toString(requestMs(half, 0)));
    return settings;
  }

  /** Reads single partitions from their beginning, in no group. */
  static Map<String, Object> consumer(MemoryLogConfig config) {
    Map<String, Object> settings = new HashMap<>(config.kafka());
    settings.keySet().retainAll(ConsumerConfig.configNames());
    settings.remove("group.id");
    settings.put("enable.auto.commit", "false");
    settings.put("auto.offset.reset", "earliest");
    settings.put("allow.auto.create.topics", "false");
    return settings;
  }

  static Map<String, String> registryTimeouts(MemoryLogConfig config) {
    String ms = Long.toString(Math.min(MAX_REGISTRY_MS, config.timeout().toMillis()));
    return Map.of("http.connect.timeout.ms", ms, "http.read.timeout.ms", ms);
  }

  private static long requestMs(long deliveryMs, long lingerMs) {
    return Math.max(1, Math.min(MAX_REQUEST_MS, (deliveryMs - lingerMs) / 2));
  }
}
