package dev.driftless.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.producer.NotVisibleException.Behind;
import dev.driftless.schemas.DeadLetterHeaders;
import dev.driftless.schemas.Names;
import dev.driftless.schemas.ViewPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what projectors tell of their positions, and what they set aside of the views that somebody
 * waits for, on one thread of its own; any number of threads may wait. Joins no group, commits
 * nothing.
 */
final class PositionFollower implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PositionFollower.class);
  private static final Duration POLL = Duration.ofSeconds(1);

  private final String topicId;
  private final TopicPartition positions;
  private final Names names;
  private final KafkaConsumer<byte[], byte[]> consumer;

  /** Guards all that follows. */
  private final Object lock = new Object();

  private final KnownPositions known;

  /** Of views that somebody waited for. */
  private final Map<TopicPartition, View> deadLetters = new HashMap<>();

  private @Nullable RuntimeException failure;
  private boolean closed;

  /**
   * Begins to read at once.
   *
   * @param topicId of the log
   */
  PositionFollower(Map<String, Object> settings, Names names, String topicId) {
    this.topicId = topicId;
    this.names = names;
    this.positions = new TopicPartition(names.positions(), 0);
    this.known = new KnownPositions(topicId);
    this.consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    Thread thread = new Thread(this::run, "driftless-positions");
    thread.setDaemon(true);
    thread.start();
  }

  /** See {@link MemoryLog#awaitVisible(Collection, Collection, Duration)}. */
  void await(Collection<Receipt> receipts, Collection<View> views, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    Set<Receipt> all = Set.copyOf(receipts);
    Collection<Receipt> furthest = KnownPositions.furthest(all);
    synchronized (lock) {
      follow(views);
      while (true) {
        throwIfOver();
        views.forEach(view -> known.checkNotSetAside(view, all));
        Instant now = Instant.now();
        List<Behind> behind =
            views.stream().flatMap(view -> known.behind(view, furthest, now)).toList();
        if (behind.isEmpty()) {
          return;
        }
        if (System.nanoTime() - deadline >= 0) {
          throw new NotVisibleException(timeout.toString(), behind);
        }
        pause(Duration.ofNanos(deadline - System.nanoTime()).toMillis() + 1);
      }
    }
  }

  /** Whether it has ended by itself, so that another one is needed. */
  boolean hasFailed() {
    synchronized (lock) {
      return failure != null;
    }
  }

  @Override
  public void close() {
    synchronized (lock) {
      closed = true;
      lock.notifyAll();
    }
    consumer.wakeup();
  }

  private void follow(Collection<View> views) {
    boolean more = false;
    for (View view : views) {
      TopicPartition topic = new TopicPartition(names.deadLetters(view.name()), 0);
      more |= deadLetters.putIfAbsent(topic, view) == null;
    }
    if (more) {
      consumer.wakeup();
    }
  }

  private void throwIfOver() {
    if (failure != null) {
      throw new IllegalStateException(
          "the positions of views cannot be read from %s: %s"
              .formatted(positions.topic(), failure.getMessage()),
          failure);
    }
    if (closed) {
      throw new IllegalStateException("the log was closed meanwhile");
    }
  }

  private void pause(long millis) {
    try {
      lock.wait(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a view", e);
    }
  }

  private void run() {
    try (consumer) {
      Long end = null;
      while (assign()) {
        try {
          if (end == null) {
            end = consumer.endOffsets(List.of(positions)).getOrDefault(positions, 0L);
          }
          note(consumer.poll(POLL));
          noteRead(end);
        } catch (WakeupException e) {
          LOG.trace("there is more to follow, or it is over");
        }
      }
    } catch (RuntimeException e) {
      LOG.debug("the positions of views can be followed no longer", e);
      synchronized (lock) {
        failure = e;
        lock.notifyAll();
      }
    }
  }

  /** False when it is over. */
  private boolean assign() {
    List<TopicPartition> all = new ArrayList<>();
    synchronized (lock) {
      if (closed) {
        return false;
      }
      all.add(positions);
      all.addAll(deadLetters.keySet());
    }
    if (all.size() != consumer.assignment().size()) {
      consumer.assign(all);
    }
    return true;
  }

  private void note(Iterable<ConsumerRecord<byte[], byte[]>> records) {
    synchronized (lock) {
      for (ConsumerRecord<byte[], byte[]> r : records) {
        if (r.topic().equals(positions.topic())) {
          position(r);
        } else {
          deadLetter(r);
        }
      }
    }
  }

  /**
   * How far all is read, found out without the lock, since that may ask the broker; then wakes
   * whoever waits.
   *
   * @param end of the positions when this began to read
   */
  private void noteRead(long end) {
    Map<TopicPartition, Long> read = new HashMap<>();
    for (TopicPartition topic : consumer.assignment()) {
      position(topic).ifPresent(offset -> read.put(topic, offset));
    }
    synchronized (lock) {
      read.forEach(
          (topic, offset) -> {
            View view = deadLetters.get(topic);
            if (view != null) {
              known.lettersRead(view.name(), offset);
            } else if (offset >= end) {
              known.complete();
            }
          });
      lock.notifyAll();
    }
  }

  private Optional<Long> position(TopicPartition topic) {
    try {
      return Optional.of(consumer.position(topic, Duration.ZERO));
    } catch (TimeoutException | WakeupException e) {
      return Optional.empty();
    }
  }

  private void position(ConsumerRecord<byte[], byte[]> r) {
    if (r.value() == null) {
      return;
    }
    try {
      known.told(ViewPosition.of(r.value()), Instant.ofEpochMilli(r.timestamp()));
    } catch (IllegalArgumentException e) {
      LOG.debug("{} offset {} passed over", r.topic(), r.offset(), e);
    }
  }

  /** Letters that an older version wrote do not say of which log and generation they are. */
  private void deadLetter(ConsumerRecord<byte[], byte[]> r) {
    String view = header(r, DeadLetterHeaders.VIEW);
    String generation = header(r, DeadLetterHeaders.GENERATION);
    if (view == null
        || generation == null
        || !topicId.equals(header(r, DeadLetterHeaders.TOPIC_ID))) {
      return;
    }
    try {
      known.setAside(
          view,
          generation,
          Integer.parseInt(String.valueOf(header(r, DeadLetterHeaders.PARTITION))),
          Long.parseLong(String.valueOf(header(r, DeadLetterHeaders.OFFSET))),
          String.valueOf(header(r, DeadLetterHeaders.REASON)));
    } catch (NumberFormatException e) {
      LOG.debug("{} offset {} passed over", r.topic(), r.offset(), e);
    }
  }

  private static @Nullable String header(ConsumerRecord<byte[], byte[]> r, String name) {
    Header header = r.headers().lastHeader(name);
    return header == null || header.value() == null ? null : new String(header.value(), UTF_8);
  }
}
