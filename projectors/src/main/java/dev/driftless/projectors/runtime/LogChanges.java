package dev.driftless.projectors.runtime;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.Entity;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.RegistryUnavailableException;
import dev.driftless.schemas.UndecodableException;
import java.time.Duration;
import java.util.List;
import java.util.function.ObjLongConsumer;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Reads a stretch of the log once more, to see what was changed in it. Asks the broker for nothing
 * until then. Not for several threads.
 */
final class LogChanges implements AutoCloseable {

  private static final Duration BROKER_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration POLL = Duration.ofMillis(100);

  private final String topic;
  private final EventDecoder decoder;
  private final KafkaConsumer<byte[], byte[]> consumer;

  LogChanges(RuntimeConfig config, EventDecoder decoder) {
    this.topic = config.names().log();
    this.decoder = decoder;
    this.consumer = GrouplessConsumer.open(config.kafka());
  }

  /**
   * Where the partition ends.
   *
   * @throws TimeoutException if the broker does not answer
   */
  long end(int partition) {
    TopicPartition at = new TopicPartition(topic, partition);
    return consumer.endOffsets(List.of(at), BROKER_TIMEOUT).getOrDefault(at, 0L);
  }

  /**
   * Tells what each event in {@code [from, to)} speaks of, and its offset. A record that holds no
   * event changes nothing.
   *
   * @param to not beyond what can be read
   * @throws TimeoutException if the broker does not answer
   * @throws RegistryUnavailableException if a schema has to be asked for and cannot be
   */
  void between(int partition, long from, long to, ObjLongConsumer<Entity> changed) {
    TopicPartition at = new TopicPartition(topic, partition);
    consumer.assign(List.of(at));
    consumer.seek(at, from);
    long deadline = System.nanoTime() + BROKER_TIMEOUT.toNanos();
    while (consumer.position(at, BROKER_TIMEOUT) < to) {
      if (System.nanoTime() - deadline > 0) {
        throw new TimeoutException("topic " + topic + " cannot be read up to " + to);
      }
      for (ConsumerRecord<byte[], byte[]> r : consumer.poll(POLL)) {
        deadline = System.nanoTime() + BROKER_TIMEOUT.toNanos();
        Entity entity = r.offset() < to ? entity(r.value()) : null;
        if (entity != null) {
          changed.accept(entity, r.offset());
        }
      }
    }
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(Duration.ZERO));
  }

  private @Nullable Entity entity(byte @Nullable [] value) {
    try {
      MemoryEvent event = decoder.decode(value);
      return Entity.of(event);
    } catch (UndecodableException e) {
      return null;
    }
  }
}
