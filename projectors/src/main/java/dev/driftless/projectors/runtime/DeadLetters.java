package dev.driftless.projectors.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.LogRecord;
import dev.driftless.schemas.DeadLetterHeaders;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets aside what a view cannot apply, before its position moves beyond it: the record as it was
 * written, with {@link DeadLetterHeaders} that say where it was and why. After a crash the same
 * record may be set aside twice.
 */
final class DeadLetters implements AutoCloseable {

  /** So many refused records in a row say that something else is wrong than the records. */
  static final int TOO_MANY = 100;

  private static final Logger LOG = LoggerFactory.getLogger(DeadLetters.class);

  private final String view;
  private final boolean keeps;
  private final String topic;
  private final Map<String, Object> settings;
  private final ViewMeters meters;
  private final Map<Integer, Progress> partitions = new HashMap<>();
  private @Nullable KafkaProducer<byte[], byte[]> producer;
  private long end;

  /**
   * @param keeps false if nothing is to be set aside, however much is refused
   */
  DeadLetters(String view, boolean keeps, RuntimeConfig config, ViewMeters meters) {
    this.view = view;
    this.keeps = keeps;
    this.topic = config.names().deadLetters(view);
    this.meters = meters;
    this.settings = new HashMap<>(config.kafka());
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.CLIENT_ID_CONFIG, config.names().group(view) + "-dead-letters");
    // whatever the log took, headers included; the topic says what is too large
    settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.MAX_VALUE);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 8_000);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000);
  }

  /**
   * How many of the batch's records may be taken, so that there are never {@link #TOO_MANY} refused
   * ones in a row.
   *
   * @throws ViewStoppedException if not even the first
   */
  int allowed(Batch batch) {
    if (!keeps) {
      return batch.records().size();
    }
    int run = progress(batch.partition()).run;
    for (int i = 0; i < batch.records().size(); i++) {
      LogRecord r = batch.records().get(i);
      run = r.disposition() == Disposition.REFUSED ? run + 1 : 0;
      if (run >= TOO_MANY && i > 0) {
        return i;
      } else if (run >= TOO_MANY) {
        throw new ViewStoppedException(
            "view=%s partition=%d offset=%d: stopped, %d records in a row cannot be applied, so something else is wrong; the last reason: %s; started again, it sets up to %d more aside"
                .formatted(view, r.partition(), r.offset(), run, r.reason(), TOO_MANY - 1));
      }
    }
    return batch.records().size();
  }

  /**
   * Sets the refused records of this batch aside; returns when they are durable. A batch that is
   * tried again is set aside once.
   *
   * @param generation of the view
   * @throws StoreAwayException if the broker does not take them now
   */
  void add(Batch batch, String generation) {
    if (!keeps) {
      return;
    }
    Set<Long> sent = progress(batch.partition()).sent;
    List<LogRecord> refused =
        batch.records().stream()
            .filter(r -> r.disposition() == Disposition.REFUSED && !sent.contains(r.offset()))
            .toList();
    send(batch.to().topicId(), generation, refused);
    refused.forEach(r -> sent.add(r.offset()));
  }

  /** The store acknowledged this batch. */
  void acknowledged(Batch batch) {
    Progress progress = progress(batch.partition());
    for (LogRecord r : batch.records()) {
      progress.run = r.disposition() == Disposition.REFUSED ? progress.run + 1 : 0;
    }
    progress.sent.removeIf(offset -> offset < batch.to().offset());
  }

  /** Where it sets records aside. */
  String topic() {
    return topic;
  }

  /** Whatever an owner before this one set aside is below this offset of the topic. */
  void known(long offset) {
    end = offset;
  }

  /** Whatever was set aside of this thread's partitions is below this offset of the topic. */
  long end() {
    return end;
  }

  /** The position of this partition went back: what comes again is judged again. */
  void forget(int partition) {
    partitions.remove(partition);
  }

  private Progress progress(int partition) {
    return partitions.computeIfAbsent(partition, p -> new Progress());
  }

  private void send(String topicId, String generation, List<LogRecord> refused) {
    if (refused.isEmpty()) {
      return;
    }
    try {
      // one wait for the topic, not one for each record
      producer().partitionsFor(topic);
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (LogRecord r : refused) {
        sent.add(producer().send(letter(topicId, generation, r)));
      }
      for (Future<RecordMetadata> each : sent) {
        end = Math.max(end, each.get().offset() + 1);
      }
    } catch (ExecutionException | KafkaException e) {
      throw new StoreAwayException(e);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
    meters.deadLetters(refused.size());
    for (LogRecord r : refused) {
      LOG.warn(
          "view={} partition={} offset={} set aside: {}",
          view,
          r.partition(),
          r.offset(),
          r.reason());
    }
  }

  private ProducerRecord<byte[], byte[]> letter(String topicId, String generation, LogRecord r) {
    ProducerRecord<byte[], byte[]> letter = new ProducerRecord<>(topic, r.key(), r.value());
    Map.of(
            DeadLetterHeaders.VIEW,
            view,
            DeadLetterHeaders.TOPIC_ID,
            topicId,
            DeadLetterHeaders.GENERATION,
            generation,
            DeadLetterHeaders.PARTITION,
            Integer.toString(r.partition()),
            DeadLetterHeaders.OFFSET,
            Long.toString(r.offset()),
            DeadLetterHeaders.REASON,
            String.valueOf(r.reason()))
        .forEach((name, text) -> letter.headers().add(name, text.getBytes(UTF_8)));
    return letter;
  }

  private KafkaProducer<byte[], byte[]> producer() {
    KafkaProducer<byte[], byte[]> open = producer;
    if (open == null) {
      open = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
      producer = open;
    }
    return open;
  }

  @Override
  public void close() {
    KafkaProducer<byte[], byte[]> open = producer;
    if (open != null) {
      open.close();
    }
  }

  private static final class Progress {
    /** How many records up to the stored position were refused in a row. */
    int run;

    /** Offsets beyond it that were set aside already. */
    final Set<Long> sent = new HashSet<>();
  }
}
