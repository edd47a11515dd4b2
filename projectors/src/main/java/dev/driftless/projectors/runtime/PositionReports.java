package dev.driftless.projectors.runtime;

import dev.driftless.schemas.Names;
import dev.driftless.schemas.ViewPosition;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells clients how far a view is, on a compacted topic, so that whoever waits for a view needs no
 * connection to its store. Never waits for the broker: what it does not take now is said again
 * later, by then more recent. Safe to share between threads.
 */
final class PositionReports implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PositionReports.class);

  private final String topic;
  private final KafkaProducer<byte[], byte[]> producer;

  PositionReports(Map<String, String> kafka, Names names, String view) {
    this.topic = names.positions();
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.put(ProducerConfig.CLIENT_ID_CONFIG, names.group(view) + "-positions");
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 0);
    settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 1 << 20);
    settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 1 << 14);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 4_000);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000);
    this.producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** The topic's name. */
  @Override
  public String toString() {
    return topic;
  }

  /** False if it was not taken: the topic's leader is not known yet, or the buffer is full. */
  boolean report(ViewPosition position) {
    try {
      // what is refused at once has failed already; what fails later is said again anyhow
      return !producer
          .send(new ProducerRecord<>(topic, 0, position.key(), position.value()))
          .isDone();
    } catch (RuntimeException e) {
      // closed, or not allowed: no reason for the view to stand still
      LOG.debug("view={} partition={} not told", position.view(), position.partition(), e);
      return true;
    }
  }

  /** Waits a second at most for what is on its way. */
  @Override
  public void close() {
    producer.close(Duration.ofSeconds(1));
  }
}
