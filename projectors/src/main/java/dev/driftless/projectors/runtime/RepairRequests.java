package dev.driftless.projectors.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.schemas.LogContract;
import dev.driftless.schemas.Names;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Asks the projectors that own the entities' partitions for repairs, in the topic {@link
 * Names#repairs}: the view as key, the request as JSON, in the entity's partition of the log. Keeps
 * a request for 24 hours for a projector that is down or paused. Safe to share between threads.
 */
public final class RepairRequests implements AutoCloseable {

  /** Of the topic's records; see {@code LogTopic}. */
  static final int MAX_BYTES = 32 << 20;

  /** For the key and what a record adds around key and value. */
  private static final int OVERHEAD_BYTES = 4 << 10;

  private final Names names;
  private final Admin admin;
  private final KafkaProducer<byte[], byte[]> producer;

  /**
   * Asks the broker for nothing yet.
   *
   * @param kafka client settings
   */
  public RepairRequests(Map<String, String> kafka, Names names) {
    this.names = names;
    this.admin = Admin.create(new HashMap<>(kafka));
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_BYTES);
    settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 2L * MAX_BYTES);
    settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 20_000);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 30_000);
    this.producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /**
   * Sends the requests; returns when they are durable. Repeating it does no harm.
   *
   * @throws IllegalArgumentException if the history of an entity is too large for a request; then
   *     none is sent
   * @throws IllegalStateException if there is no topic for it, or not one as the log is
   * @throws KafkaException if the broker does not take them; some may have been sent
   */
  public void send(List<RepairRequest> requests) {
    int partitions = partitions();
    List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (RepairRequest request : requests) {
      records.add(record(request, partitions));
    }
    List<Future<RecordMetadata>> sent = records.stream().map(producer::send).toList();
    sent.forEach(RepairRequests::get);
  }

  @Override
  public void close() {
    producer.close();
    admin.close();
  }

  private ProducerRecord<byte[], byte[]> record(RepairRequest request, int partitions) {
    byte[] value = RepairJson.write(request);
    if (value.length > MAX_BYTES - OVERHEAD_BYTES) {
      throw new IllegalArgumentException(
          "the history of %s has %d bytes and a repair request %d at most: rebuild the view %s instead"
              .formatted(
                  request.entity(), value.length, MAX_BYTES - OVERHEAD_BYTES, request.view()));
    }
    return new ProducerRecord<>(
        names.repairs(),
        request.entity().partition(partitions),
        request.view().getBytes(UTF_8),
        value);
  }

  /** How many partitions the log has; the requests' topic has to have as many. */
  private int partitions() {
    int log = partitions(names.log());
    int repairs = partitions(names.repairs());
    if (repairs != log) {
      throw new IllegalStateException(
          LogContract.otherPartitions(names.log(), log, names.repairs(), repairs));
    }
    return log;
  }

  private int partitions(String topic) {
    try {
      return get(admin.describeTopics(List.of(topic)).topicNameValues().values().iterator().next())
          .partitions()
          .size();
    } catch (UnknownTopicOrPartitionException e) {
      throw new IllegalStateException(
          "the topic %s does not exist: create it with 'driftless topics create' or LogTopic.create"
              .formatted(topic),
          e);
    }
  }

  private static <T> T get(Future<T> answer) {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof KafkaException kafka ? kafka : new KafkaException(e);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }
}
