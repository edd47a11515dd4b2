package dev.driftless.projectors.audit;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The log in Kafka; joins no group and commits nothing. Keeps one poll in memory. Not for several
 * threads.
 */
public final class AuditedTopic implements AuditedLog {

  private static final Duration POLL = Duration.ofMillis(500);

  private final String topic;
  private final TopicDescription description;
  private final KafkaConsumer<byte[], byte[]> consumer;

  private AuditedTopic(TopicDescription description, KafkaConsumer<byte[], byte[]> consumer) {
    this.topic = description.name();
    this.description = description;
    this.consumer = consumer;
  }

  /**
   * Opens the topic.
   *
   * @param properties {@code bootstrap.servers}, and what else it takes to connect
   * @throws KafkaException if the topic cannot be read, or there is none
   */
  public static AuditedTopic open(Map<String, Object> properties, String topic) {
    try (Admin admin = Admin.create(new HashMap<>(properties))) {
      TopicDescription description =
          Objects.requireNonNull(
              admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic));
      return new AuditedTopic(description, consumer(properties));
    } catch (ExecutionException e) {
      throw new KafkaException("describing topic " + topic, e.getCause());
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  @Override
  public String topicId() {
    return description.topicId().toString();
  }

  @Override
  public int partitions() {
    return description.partitions().size();
  }

  @Override
  public long firstOffset(int partition) {
    return offset(consumer.beginningOffsets(List.of(of(partition))));
  }

  @Override
  public long endOffset(int partition) {
    return offset(consumer.endOffsets(List.of(of(partition))));
  }

  @Override
  public Iterator<Entry> records(int partition, long end) {
    consumer.assign(List.of(of(partition)));
    consumer.seekToBeginning(List.of(of(partition)));
    return new Entries(of(partition), end);
  }

  @Override
  public void close() {
    consumer.close();
  }

  private TopicPartition of(int partition) {
    return new TopicPartition(topic, partition);
  }

  private static long offset(Map<TopicPartition, Long> offsets) {
    return offsets.values().iterator().next();
  }

  private static KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> properties) {
    Map<String, Object> all = new HashMap<>(properties);
    all.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    all.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    all.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    all.remove(ConsumerConfig.GROUP_ID_CONFIG);
    return new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** Ends where the consumer's position does: the last offsets may be control records. */
  private final class Entries implements Iterator<Entry> {

    private final TopicPartition partition;
    private final long end;
    private Iterator<ConsumerRecord<byte[], byte[]>> polled = Collections.emptyIterator();

    Entries(TopicPartition partition, long end) {
      this.partition = partition;
      this.end = end;
    }

    @Override
    public boolean hasNext() {
      while (!polled.hasNext() && consumer.position(partition) < end) {
        polled =
            consumer.poll(POLL).records(partition).stream()
                .filter(r -> r.offset() < end)
                .iterator();
      }
      return polled.hasNext();
    }

    @Override
    public Entry next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      ConsumerRecord<byte[], byte[]> r = polled.next();
      return new Entry(r.offset(), Instant.ofEpochMilli(r.timestamp()), r.key(), r.value());
    }
  }
}
