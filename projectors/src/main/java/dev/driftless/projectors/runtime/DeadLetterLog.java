package dev.driftless.projectors.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.events.MemoryEvent;
import dev.driftless.schemas.DeadLetterHeaders;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.Names;
import dev.driftless.schemas.RegistryUnavailableException;
import dev.driftless.schemas.SubjectKey;
import dev.driftless.schemas.UndecodableException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the views set aside, as {@link DeadLetters} writes it; joins no group and commits
 * nothing. Keeps where, when and why, never the records. Not for several threads.
 */
public final class DeadLetterLog implements AutoCloseable {

  private static final Duration BROKER_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration POLL = Duration.ofMillis(200);

  private final Names names;
  private final EventDecoder decoder;
  private final KafkaConsumer<byte[], byte[]> consumer;

  /**
   * Asks the broker for nothing yet.
   *
   * @param kafka client settings
   * @param decoder reads the event ids; not closed by this
   */
  public DeadLetterLog(Map<String, String> kafka, Names names, EventDecoder decoder) {
    this.names = names;
    this.decoder = decoder;
    this.consumer = GrouplessConsumer.open(kafka);
  }

  /**
   * What this view set aside, in that order. A record of the log that was set aside twice is listed
   * once; what is in the topic without having been set aside by a view is passed over.
   *
   * @throws IllegalStateException if the view has no topic for it
   * @throws TimeoutException if the broker does not answer
   * @throws RegistryUnavailableException if a schema has to be asked for and cannot be
   */
  public List<DeadLetter> list(String view) {
    List<TopicPartition> partitions = partitions(names.deadLetters(view));
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    Map<Place, DeadLetter> letters = new LinkedHashMap<>();
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions, BROKER_TIMEOUT);
    long until = System.nanoTime() + BROKER_TIMEOUT.toNanos();
    while (isBehind(ends)) {
      if (System.nanoTime() > until) {
        throw new TimeoutException("the broker does not give " + names.deadLetters(view));
      }
      for (ConsumerRecord<byte[], byte[]> r : consumer.poll(POLL)) {
        add(letters, view, r);
        until = System.nanoTime() + BROKER_TIMEOUT.toNanos();
      }
    }
    return List.copyOf(letters.values());
  }

  @Override
  public void close() {
    consumer.close();
  }

  private List<TopicPartition> partitions(String topic) {
    List<TopicPartition> partitions = new ArrayList<>();
    consumer
        .partitionsFor(topic, BROKER_TIMEOUT)
        .forEach(info -> partitions.add(new TopicPartition(topic, info.partition())));
    if (partitions.isEmpty()) {
      throw new IllegalStateException(
          "the topic %s does not exist: create it with 'driftless topics create' or LogTopic.create"
              .formatted(topic));
    }
    return partitions;
  }

  private boolean isBehind(Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey(), BROKER_TIMEOUT) < end.getValue());
  }

  private void add(Map<Place, DeadLetter> letters, String view, ConsumerRecord<byte[], byte[]> r) {
    String partition = header(r, DeadLetterHeaders.PARTITION);
    String offset = header(r, DeadLetterHeaders.OFFSET);
    if (partition == null || offset == null) {
      return;
    }
    Place place = new Place(Integer.parseInt(partition), Long.parseLong(offset));
    if (!letters.containsKey(place)) {
      letters.put(place, letter(view, place, r));
    }
  }

  private DeadLetter letter(String view, Place place, ConsumerRecord<byte[], byte[]> r) {
    MemoryEvent event = event(r.value());
    SubjectKey key =
        event == null ? key(r.key()) : new SubjectKey(event.getTenant(), event.getSubject());
    return new DeadLetter(
        view,
        place.partition,
        place.offset,
        Instant.ofEpochMilli(r.timestamp()),
        String.valueOf(header(r, DeadLetterHeaders.REASON)),
        event == null ? null : event.getEventId(),
        key == null ? null : key.tenant(),
        key == null ? null : key.subject());
  }

  private @Nullable MemoryEvent event(byte @Nullable [] value) {
    try {
      return decoder.decode(value);
    } catch (UndecodableException e) {
      return null;
    }
  }

  private static @Nullable SubjectKey key(byte @Nullable [] key) {
    try {
      return key == null ? null : SubjectKey.of(key);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static @Nullable String header(ConsumerRecord<byte[], byte[]> r, String name) {
    Header header = r.headers().lastHeader(name);
    return header == null ? null : new String(header.value(), UTF_8);
  }

  /** Of a record in the log. */
  private record Place(int partition, long offset) {}
}
