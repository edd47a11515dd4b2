package dev.driftless.projectors.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests for one view that came for the partitions of one stream thread. Offsets are
 * committed once requests are done, in a group of their own, so that what was asked while nobody
 * was there waits, and what is left undone is the next owner's. A topic that cannot be read stops
 * no view: it is tried again later.
 */
final class RepairInbox implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RepairInbox.class);

  /** Taken in at once; no more is asked for until that is done. */
  private static final int ENOUGH = 5_000;

  private static final long ENOUGH_BYTES = 32 << 20;
  private static final Duration LOOK_EVERY = Duration.ofMillis(200);
  private static final Duration RETRY_AFTER = Duration.ofSeconds(15);
  private static final Duration BROKER_TIMEOUT = Duration.ofSeconds(5);

  /** What is sent together comes within this time. */
  private static final Duration TOGETHER = Duration.ofMillis(50);

  private final String view;
  private final String topic;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Map<Integer, Deque<ConsumerRecord<byte[], byte[]>>> waiting = new HashMap<>();
  private final Map<TopicPartition, OffsetAndMetadata> polled = new HashMap<>();
  private long lookAtNanos = System.nanoTime();
  private boolean failing;

  RepairInbox(String view, RuntimeConfig config) {
    this.view = view;
    this.topic = config.names().repairs();
    Map<String, Object> settings = new HashMap<>(config.kafka());
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, config.names().group(view) + "-repairs");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, ENOUGH);
    // the broker answers at once when there is something; this is how often it does when idle
    settings.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 5_000);
    this.consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /**
   * Takes in what came for these partitions once all that waits is done, and lets go of all others.
   */
  void receive(Set<Integer> partitions) {
    letGo(partitions);
    if (!waiting.isEmpty() || System.nanoTime() - lookAtNanos < 0) {
      return;
    }
    lookAtNanos = System.nanoTime() + LOOK_EVERY.toNanos();
    try {
      if (assign(partitions)) {
        poll();
        failing = false;
      }
    } catch (InterruptException e) {
      throw e;
    } catch (KafkaException e) {
      failed(Drain.firstLine(e));
    }
  }

  /** What waits for this partition, in order; the caller takes from it what it has dealt with. */
  Deque<ConsumerRecord<byte[], byte[]>> waiting(int partition) {
    return waiting.getOrDefault(partition, new ArrayDeque<>());
  }

  /** Whatever was received for this partition is done. */
  void done(int partition) {
    TopicPartition at = new TopicPartition(topic, partition);
    waiting.remove(partition);
    OffsetAndMetadata next = polled.remove(at);
    if (next == null) {
      return;
    }
    try {
      consumer.commitSync(Map.of(at, next), BROKER_TIMEOUT);
    } catch (InterruptException e) {
      throw e;
    } catch (KafkaException e) {
      LOG.warn(
          "view={} partition={} repairs are done and may be done again: {}",
          view,
          partition,
          Drain.firstLine(e));
    }
  }

  @Override
  public void close() {
    consumer.close(CloseOptions.timeout(Duration.ZERO));
  }

  /** At once: another owner may be on it, and whoever comes back begins at what is committed. */
  private void letGo(Set<Integer> partitions) {
    Set<TopicPartition> kept = new HashSet<>(consumer.assignment());
    if (kept.removeIf(p -> !partitions.contains(p.partition()))) {
      consumer.assign(kept);
      polled.keySet().retainAll(kept);
      waiting.keySet().retainAll(partitions);
    }
  }

  /** False if there is nothing to read from. */
  private boolean assign(Set<Integer> partitions) {
    Set<TopicPartition> wanted = new HashSet<>();
    partitions.forEach(p -> wanted.add(new TopicPartition(topic, p)));
    if (consumer.assignment().equals(wanted)) {
      return !wanted.isEmpty();
    }
    int there = consumer.partitionsFor(topic, BROKER_TIMEOUT).size();
    if (wanted.stream().anyMatch(p -> p.partition() >= there)) {
      failed(
          "the topic %s has %d partitions: create it with 'driftless topics create' or LogTopic.create"
              .formatted(topic, there));
      return false;
    }
    Set<TopicPartition> added = new HashSet<>(wanted);
    added.removeAll(consumer.assignment());
    consumer.assign(wanted);
    added.forEach(p -> consumer.position(p, BROKER_TIMEOUT));
    return !wanted.isEmpty();
  }

  private void poll() {
    int taken = 0;
    long bytes = 0;
    ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ZERO);
    while (!records.isEmpty()) {
      polled.putAll(records.nextOffsets());
      for (ConsumerRecord<byte[], byte[]> r : records) {
        taken++;
        bytes += Math.max(0, r.serializedValueSize());
        if (r.value() != null && Arrays.equals(r.key(), view.getBytes(UTF_8))) {
          waiting.computeIfAbsent(r.partition(), p -> new ArrayDeque<>()).add(r);
        }
      }
      boolean enough = taken >= ENOUGH || bytes >= ENOUGH_BYTES;
      records = enough ? ConsumerRecords.empty() : consumer.poll(TOGETHER);
    }
    if (taken > 0) {
      lookAtNanos = System.nanoTime(); // there may be more
    }
    Set<TopicPartition> others = new HashSet<>(polled.keySet());
    others.removeIf(p -> waiting.containsKey(p.partition()));
    others.forEach(p -> done(p.partition()));
  }

  private void failed(String reason) {
    lookAtNanos = System.nanoTime() + RETRY_AFTER.toNanos();
    if (!failing) {
      LOG.warn("view={} goes on, but no repairs are received: {}", view, reason);
    }
    failing = true;
  }
}
