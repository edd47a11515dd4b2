package dev.driftless.bench.faults;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

/** A record for each action, and another that takes it back; see {@link OwnLayout}. */
final class KafkaTopic implements StoreClient {

  private static final long TIMEOUT_SECONDS = 35;
  private static final ObjectMapper JSON = new ObjectMapper();

  /** One attempt, as the other stores get. */
  private static final Map<String, String> ONCE =
      Map.of(ProducerConfig.RETRIES_CONFIG, "0", ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "false");

  private final KafkaProducer<String, String> producer;
  private final String topic;

  /** {@link Way#CAREFUL} leaves Kafka's own idempotent retries as they are by default. */
  KafkaTopic(Map<String, String> kafka, Way way) {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.putAll(way == Way.CAREFUL ? Map.of() : ONCE);
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    this.producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    this.topic = OwnLayout.topic(way);
  }

  @Override
  public void write(Action action) throws Exception {
    send(action, Map.of("id", action.id(), "text", action.text()));
  }

  @Override
  public void undo(Action action) throws Exception {
    send(action, Map.of("id", action.id(), "undone", true));
  }

  private void send(Action action, Map<String, ?> value) throws Exception {
    producer
        .send(new ProducerRecord<>(topic, action.subject(), JSON.writeValueAsString(value)))
        .get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(2));
  }
}
