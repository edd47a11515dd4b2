package dev.driftless.producer;

import dev.driftless.schemas.LogContract;
import dev.driftless.schemas.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/**
 * The topic of the event log, and those beside it.
 *
 * @param topicId of this topic and no other of the same name, before or after
 * @param maxRecordBytes what one record may have, its overhead included
 */
public record LogTopic(String name, String topicId, int partitions, int maxRecordBytes) {

  /** Beyond this the client itself gives up, by its {@code default.api.timeout.ms}. */
  private static final long PATIENCE_SECONDS = 60;

  /** For the headers that a dead letter has and the record itself has not. */
  private static final int DEAD_LETTER_EXTRA_BYTES = 64 * 1024;

  /**
   * Small segments, compacted within minutes: who begins to wait for a view reads the topic from
   * its beginning.
   */
  private static final Map<String, String> POSITIONS =
      Map.of(
          "cleanup.policy", "compact",
          "segment.bytes", Integer.toString(4 << 20),
          "min.cleanable.dirty.ratio", "0.1",
          "max.compaction.lag.ms", "300000");

  /** Requests that nobody served in a day say nothing of the view any more. */
  private static final Map<String, String> REPAIRS =
      Map.of(
          "cleanup.policy", "delete",
          "retention.ms", "86400000",
          "max.message.bytes", Integer.toString(32 << 20));

  /**
   * Creates the log, the topics of controls, positions and repairs, and the dead-letter topics of
   * these views, where they are not there yet. Safe to repeat; topics that exist are left as they
   * are. When this returns, every partition of the log takes records.
   *
   * @param partitions of the log, for ever; ignored if it exists
   * @param replication of all of them; from 3 on, two replicas have to acknowledge a write
   * @throws IllegalStateException if the log exists and does not keep the contract
   * @throws LogUnavailableException if no broker answers
   */
  public static LogTopic create(
      Admin admin, Names names, int partitions, int replication, Collection<String> views) {
    create(admin, log(names, partitions, replication));
    LogTopic log = check(admin, names);
    beside(names, log.partitions, replication, log.maxRecordBytes, views)
        .forEach(topic -> create(admin, topic));
    awaitLeaders(admin, log);
    return log;
  }

  /** The log, as it is created. */
  static NewTopic log(Names names, int partitions, int replication) {
    return topic(names.log(), partitions, replication, LogContract.SETTINGS);
  }

  /** The topics beside a log of so many partitions, as they are created. */
  static List<NewTopic> beside(
      Names names, int partitions, int replication, int maxRecordBytes, Collection<String> views) {
    List<NewTopic> topics = new ArrayList<>();
    topics.add(topic(names.controls(), 1, replication, Map.of("cleanup.policy", "compact")));
    topics.add(topic(names.positions(), 1, replication, POSITIONS));
    topics.add(topic(names.repairs(), partitions, replication, REPAIRS));
    Map<String, String> deadLetters = new HashMap<>(LogContract.SETTINGS);
    deadLetters.put(
        "max.message.bytes", Integer.toString(maxRecordBytes + DEAD_LETTER_EXTRA_BYTES));
    views.forEach(view -> topics.add(topic(names.deadLetters(view), 1, replication, deadLetters)));
    return topics;
  }

  /**
   * The log as it is.
   *
   * @throws IllegalStateException if it does not exist, or would lose or reorder events; the
   *     message says what to change
   * @throws LogUnavailableException if no broker answers
   */
  public static LogTopic check(Admin admin, Names names) {
    FoundTopic topic = FoundTopic.of(admin, names.log());
    if (topic == null) {
      throw new IllegalStateException(
          "the log %s does not exist: create it with 'driftless topics create' or LogTopic.create"
              .formatted(names.log()));
    }
    checkContract(topic);
    checkPartitions(admin, topic, names.repairs());
    return new LogTopic(
        topic.name(), topic.topicId(), topic.partitions(), topic.number("max.message.bytes"));
  }

  /**
   * The offset behind the last record of a partition now.
   *
   * @throws LogUnavailableException if no broker answers
   */
  long end(Admin admin, int partition) {
    TopicPartition at = new TopicPartition(name, partition);
    return get(admin.listOffsets(Map.of(at, OffsetSpec.latest())).partitionResult(at)).offset();
  }

  /**
   * Makes sure that whoever waits for this view can be told.
   *
   * @throws IllegalArgumentException if there is no such view
   * @throws IllegalStateException if there is no topic of positions, or it is not compacted
   * @throws LogUnavailableException if no broker answers
   */
  static void checkFollowed(Admin admin, Names names, String view) {
    String policy = policy(admin, names.positions());
    if (policy == null) {
      throw new IllegalStateException(
          "the topic %s does not exist: create it with 'driftless topics create' or LogTopic.create"
              .formatted(names.positions()));
    }
    if (!policy.equals("compact")) {
      throw new IllegalStateException(
          "the topic %s is not compacted (cleanup.policy=%s), so it was not made by LogTopic.create: delete it, and create it so"
              .formatted(names.positions(), policy));
    }
    if (policy(admin, names.deadLetters(view)) == null) {
      throw new IllegalArgumentException(
          "there is no view '%s': it has no topic %s".formatted(view, names.deadLetters(view)));
    }
  }

  /** Null if there is no such topic. */
  private static @Nullable String policy(Admin admin, String name) {
    FoundTopic topic = FoundTopic.of(admin, name);
    return topic == null ? null : topic.value("cleanup.policy");
  }

  /** Asks again while the broker that is asked does not know the topic. */
  private static <T> T soon(Supplier<T> ask) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (true) {
      try {
        return ask.get();
      } catch (RuntimeException e) {
        boolean isUnknown =
            e instanceof UnknownTopicOrPartitionException
                || e.getCause() instanceof UnknownTopicOrPartitionException;
        if (!isUnknown || System.nanoTime() > deadline) {
          throw e;
        }
        pause();
      }
    }
  }

  /**
   * A producer that finds a new partition without its leader has its first batch refused and a
   * later one taken; then it tries the first until its time is over (KAFKA-15591). Only a leader
   * answers this, and the client asks until it does.
   */
  private static void awaitLeaders(Admin admin, LogTopic log) {
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    for (int partition = 0; partition < log.partitions; partition++) {
      ends.put(new TopicPartition(log.name, partition), OffsetSpec.latest());
    }
    var unused = soon(() -> get(admin.listOffsets(ends).all()));
  }

  private static void pause() {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  private static void checkContract(FoundTopic topic) {
    List<String> wrong = LogContract.violations(topic::value);
    if (!wrong.isEmpty()) {
      throw new IllegalStateException(LogContract.unfit(topic.name(), wrong));
    }
  }

  /**
   * The topic of repairs still has as many as the log was made with. Believed where there is no
   * such topic, or this user may not look at it.
   */
  private static void checkPartitions(Admin admin, FoundTopic log, String repairs) {
    TopicDescription found;
    try {
      found = get(admin.describeTopics(List.of(repairs)).allTopicNames()).get(repairs);
    } catch (UnknownTopicOrPartitionException | AuthorizationException e) {
      return;
    }
    if (found != null && found.partitions().size() != log.partitions()) {
      throw new IllegalStateException(
          LogContract.otherPartitions(
              log.name(), log.partitions(), repairs, found.partitions().size()));
    }
  }

  private static NewTopic topic(
      String name, int partitions, int replication, Map<String, String> config) {
    Map<String, String> all = new HashMap<>(config);
    if (replication >= 3) {
      all.put("min.insync.replicas", "2");
    }
    return new NewTopic(name, partitions, (short) replication).configs(all);
  }

  private static void create(Admin admin, NewTopic topic) {
    try {
      get(admin.createTopics(List.of(topic)).all());
    } catch (TopicExistsException e) {
      // as it should be, from the second time on
    }
    // a topic is created a moment before all brokers know of it
    var unused =
        soon(
            () -> {
              FoundTopic found = FoundTopic.of(admin, topic.name());
              if (found == null) {
                throw new UnknownTopicOrPartitionException(topic.name());
              }
              return found;
            });
  }

  /** The broker's answer; its own exception if it refuses. */
  static <T> T get(Future<T> answer) {
    try {
      return answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RetriableException
          && !(e.getCause() instanceof UnknownTopicOrPartitionException)) {
        throw away(e.getCause());
      }
      throw e.getCause() instanceof KafkaException kafka ? kafka : new KafkaException(e);
    } catch (TimeoutException e) {
      throw away(e);
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  private static LogUnavailableException away(Throwable e) {
    return new LogUnavailableException("no broker answers: " + e.getMessage(), e);
  }
}
