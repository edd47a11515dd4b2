package dev.driftless.projectors.runtime;

import dev.driftless.projectors.Fence;
import dev.driftless.projectors.Position;
import dev.driftless.schemas.LogContract;
import dev.driftless.schemas.Names;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where reading has to begin, so that nothing is skipped and the folds know all that matters. */
final class LogPositions {

  private static final Logger LOG = LoggerFactory.getLogger(LogPositions.class);

  private static final int BROKER_TIMEOUT_SECONDS = 10;
  private static final int SOON_SECONDS = 2;

  /** The view goes on without the answer. */
  private static final int END_TIMEOUT_SECONDS = 2;

  private final String view;
  private final String topic;
  private final String repairs;
  private final Admin admin;
  private final Duration window;
  private volatile boolean keepsContract;
  private volatile int madeWith;

  /**
   * @param view as it is called in logs
   */
  LogPositions(String view, Names names, Admin admin, Duration window) {
    this.view = view;
    this.topic = names.log();
    this.repairs = names.repairs();
    this.admin = admin;
    this.window = window;
  }

  /**
   * Once, that the log keeps all that is appended to it, in the order in which it is appended; it
   * is believed where the broker does not let this client ask.
   *
   * @throws ViewStoppedException if it does not
   * @throws KafkaException if the broker does not tell
   */
  void checkContract() {
    if (keepsContract) {
      return;
    }
    List<String> wrong = violations();
    if (!wrong.isEmpty()) {
      throw new ViewStoppedException(
          "view=%s: stopped, %s, then start the view again"
              .formatted(view, LogContract.unfit(topic, wrong)));
    }
    keepsContract = true;
  }

  /**
   * That the log has the number of partitions that it was made with, which the topic of repairs
   * still has: where a subject's events are in two partitions, they are in no order. Believed where
   * there is no such topic.
   *
   * @throws ViewStoppedException if it has not
   * @throws KafkaException if the broker does not tell
   */
  void checkPartitions() {
    checkPartitions(describe(topic, SOON_SECONDS));
  }

  /** The same, of what the broker tells of the log now. */
  void checkPartitions(TopicDescription now) {
    if (madeWith == 0) {
      madeWith = partitionsOfRepairs();
    }
    if (madeWith != 0 && madeWith != now.partitions().size()) {
      throw new ViewStoppedException(
          "view=%s: stopped, %s"
              .formatted(
                  view,
                  LogContract.otherPartitions(topic, now.partitions().size(), repairs, madeWith)));
    }
  }

  /** 0 if there is no such topic, or this client may not ask. */
  private int partitionsOfRepairs() {
    try {
      return describe(repairs, SOON_SECONDS).partitions().size();
    } catch (KafkaException e) {
      if (e.getCause() instanceof ExecutionException refused
          && (refused.getCause() instanceof UnknownTopicOrPartitionException
              || refused.getCause() instanceof AuthorizationException)) {
        return 0;
      }
      throw e;
    }
  }

  private List<String> violations() {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    try {
      Config config =
          admin
              .describeConfigs(List.of(resource))
              .values()
              .values()
              .iterator()
              .next()
              .get(BROKER_TIMEOUT_SECONDS, TimeUnit.SECONDS);
      return LogContract.violations(
          key -> config.get(key) == null ? null : config.get(key).value());
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AuthorizationException) {
        LOG.warn(
            "view={} topic={} is believed to keep what is appended, for this user may not read its settings",
            view,
            topic);
        return List.of();
      }
      throw new KafkaException("the broker does not tell the settings of topic " + topic, e);
    } catch (TimeoutException e) {
      throw new KafkaException("the broker does not tell the settings of topic " + topic, e);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  /** The log as it is now: another topic of the same name has another id. */
  TopicDescription describe() {
    return describe(topic, BROKER_TIMEOUT_SECONDS);
  }

  private TopicDescription describe(String name, int timeoutSeconds) {
    try {
      return admin
          .describeTopics(List.of(name))
          .topicNameValues()
          .values()
          .iterator()
          .next()
          .get(timeoutSeconds, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new KafkaException("the broker does not describe topic " + name, e);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  /**
   * The end of another topic's first partition; 0 if there is no such topic, empty if the broker
   * does not tell it now.
   */
  OptionalLong end(String other) {
    TopicPartition at = new TopicPartition(other, 0);
    try {
      return OptionalLong.of(
          admin
              .listOffsets(Map.of(at, OffsetSpec.latest()))
              .partitionResult(at)
              .get(END_TIMEOUT_SECONDS, TimeUnit.SECONDS)
              .offset());
    } catch (ExecutionException e) {
      return e.getCause() instanceof UnknownTopicOrPartitionException
          ? OptionalLong.of(0)
          : OptionalLong.empty();
    } catch (TimeoutException e) {
      return OptionalLong.empty();
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  /**
   * The offset to begin at: the lower of the stored and the committed one. Where the store is
   * behind what was committed, one window earlier, since the folds have let go of what was before.
   *
   * @throws ViewStoppedException if the stored position is not one of this log
   */
  long start(Consumer<?, ?> consumer, TopicPartition partition, String topicId, Fence stored) {
    check(consumer, partition, topicId, stored);
    OffsetAndMetadata committed = consumer.committed(Set.of(partition)).get(partition);
    if (committed == null) {
      return 0;
    }
    if (stored.offset() >= committed.offset()) {
      return committed.offset();
    }
    Position position = stored.position();
    if (position == null) {
      return 0;
    }
    long from = position.logTime().minus(window).toEpochMilli();
    OffsetAndTimestamp earlier =
        consumer.offsetsForTimes(Map.of(partition, Math.max(0, from))).get(partition);
    return earlier == null ? position.offset() : Math.min(position.offset(), earlier.offset());
  }

  private void check(
      Consumer<?, ?> consumer, TopicPartition partition, String topicId, Fence stored) {
    Position position = stored.position();
    if (position != null && !position.topicId().equals(topicId)) {
      throw stopped(
          partition,
          "its position is of another log (topic id %s, this one is %s)"
              .formatted(position.topicId(), topicId));
    }
    long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    if (stored.offset() > end) {
      throw stopped(
          partition, "its position %d is beyond the log's end %d".formatted(stored.offset(), end));
    }
    long begin = consumer.beginningOffsets(List.of(partition)).getOrDefault(partition, 0L);
    if (stored.offset() < begin) {
      throw stopped(
          partition,
          "its position %d is before the log's first record %d".formatted(stored.offset(), begin));
    }
  }

  private ViewStoppedException stopped(TopicPartition partition, String why) {
    return new ViewStoppedException(
        "view=%s partition=%d: stopped, %s: rebuild the view (driftless rebuild), or empty its store and start it again"
            .formatted(view, partition.partition(), why),
        true);
  }
}
