package dev.driftless.projectors.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.schemas.Names;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Which views are paused: a compacted topic of one partition with the view as key and {@code
 * paused} or {@code running} as value, so that it outlives every process. Not for several threads.
 */
public final class ViewControls implements AutoCloseable {

  private static final Duration BROKER_TIMEOUT = Duration.ofSeconds(10);
  private static final String PAUSED = "paused";

  private final TopicPartition topic;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Set<String> paused = new HashSet<>();

  /**
   * Asks the broker for nothing yet.
   *
   * @param kafka client settings
   */
  public ViewControls(Map<String, String> kafka, Names names) {
    this.topic = new TopicPartition(names.controls(), 0);
    this.consumer = GrouplessConsumer.open(kafka);
    consumer.assign(List.of(topic));
  }

  /**
   * The paused views as of this call.
   *
   * @throws TimeoutException if the broker does not answer
   */
  public Set<String> paused() {
    long end = consumer.endOffsets(List.of(topic), BROKER_TIMEOUT).getOrDefault(topic, 0L);
    long deadline = System.nanoTime() + BROKER_TIMEOUT.toNanos();
    while (consumer.position(topic, BROKER_TIMEOUT) < end) {
      if (System.nanoTime() - deadline > 0) {
        throw new TimeoutException("topic " + topic.topic() + " cannot be read to its end");
      }
      for (ConsumerRecord<byte[], byte[]> r : consumer.poll(Duration.ofMillis(200))) {
        note(r);
      }
    }
    return Set.copyOf(paused);
  }

  private void note(ConsumerRecord<byte[], byte[]> r) {
    String view = new String(r.key(), UTF_8);
    if (r.value() != null && PAUSED.equals(new String(r.value(), UTF_8))) {
      paused.add(view);
    } else {
      paused.remove(view);
    }
  }

  /**
   * Pauses a view, or lets it go on; running projectors notice within their check interval. Returns
   * when it is durable.
   *
   * @param kafka client settings
   */
  public static void set(Map<String, String> kafka, Names names, String view, boolean pause) {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, BROKER_TIMEOUT.toMillis());
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      byte[] value = (pause ? PAUSED : "running").getBytes(UTF_8);
      producer.send(new ProducerRecord<>(names.controls(), 0, view.getBytes(UTF_8), value)).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(
          "interrupted before it was known whether the view is paused", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the broker did not take it: " + Drain.firstLine(e), e);
    }
  }

  @Override
  public void close() {
    consumer.close();
  }
}
