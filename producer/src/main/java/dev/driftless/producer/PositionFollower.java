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
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
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
  private final Thread thread;

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
    this.thread = new Thread(this::run, "driftless-positions");
    thread.setDaemon(true);
    thread.start();
  }

  /** See {@link MemoryLog#awaitVisible(Collection, Collection, Duration)}. */
  void await(Collection<Receipt> receipts, Collection<View> views, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    synchronized (lock) {
      follow(views);
      while (true) {
        throwIfOver();
        List<Behind> behind = behind(receipts, views);
        if (behind.isEmpty()) {
          return;
        }
        long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis() + 1;
        if (System.nanoTime() - deadline >= 0) {
          throw new NotVisibleException(timeout.toString(), behind);
        }
        pause(left);
      }
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
      throw failure;
    }
    if (closed) {
      throw new IllegalStateException("the log was closed meanwhile");
    }
  }

  /** The furthest of each view and partition. */
  private List<Behind> behind(Collection<Receipt> receipts, Collection<View> views) {
    Instant now = Instant.now();
    List<Behind> all = new ArrayList<>();
    for (View view : views) {
      Map<Integer, Behind> byPartition = new HashMap<>();
      for (Receipt receipt : receipts) {
        String refusal = known.refusal(view, receipt);
        if (refusal != null) {
          throw new SetAsideException(view, receipt, refusal);
        }
        if (!known.isVisible(view, receipt)) {
          byPartition.merge(
              receipt.partition(),
              known.behind(view, receipt, now),
              (a, b) -> a.events() >= b.events() ? a : b);
        }
      }
      all.addAll(byPartition.values());
    }
    return all;
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
      while (assign()) {
        try {
          note(consumer.poll(POLL));
        } catch (WakeupException e) {
          LOG.trace("there is more to follow, or it is over");
        }
      }
    } catch (KafkaException e) {
      LOG.debug("the positions of views can be followed no longer", e);
      synchronized (lock) {
        failure =
            new IllegalStateException(
                "the positions of views cannot be read from %s: %s"
                    .formatted(positions.topic(), e.getMessage()),
                e);
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
      deadLetters.forEach(
          (topic, view) ->
              position(topic).ifPresent(offset -> known.lettersRead(view.name(), offset)));
      lock.notifyAll();
    }
  }

  private Optional<Long> position(TopicPartition topic) {
    try {
      return consumer.assignment().contains(topic)
          ? Optional.of(consumer.position(topic, Duration.ZERO))
          : Optional.empty();
    } catch (TimeoutException e) {
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

  private void deadLetter(ConsumerRecord<byte[], byte[]> r) {
    String view = header(r, DeadLetterHeaders.VIEW);
    String partition = header(r, DeadLetterHeaders.PARTITION);
    String offset = header(r, DeadLetterHeaders.OFFSET);
    String log = header(r, DeadLetterHeaders.TOPIC_ID);
    if (view != null
        && partition != null
        && offset != null
        && (log == null || log.equals(topicId))) {
      known.setAside(
          view,
          Integer.parseInt(partition),
          Long.parseLong(offset),
          String.valueOf(header(r, DeadLetterHeaders.REASON)));
    }
  }

  private static @Nullable String header(ConsumerRecord<byte[], byte[]> r, String name) {
    Header header = r.headers().lastHeader(name);
    return header == null ? null : new String(header.value(), UTF_8);
  }
}
