package dev.driftless.reconciler;

import dev.driftless.projectors.Fence;
import dev.driftless.projectors.Position;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.ViewLag.PartitionLag;
import dev.driftless.schemas.Names;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Lag of every view: log end minus stored position, in events and in log time, per partition. The
 * log's end is read before the positions, so a view that keeps up has lag 0 also while others
 * publish; and a position is never ahead of what its view shows, so lag can look larger than it is,
 * never smaller.
 *
 * <p>Reads the stores alone, so that it is the truth also when no projector runs. Safe to share
 * between threads.
 */
public final class Lag implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Names names;
  private final String topic;
  private final Admin admin;
  private final Map<String, Projector> projectors = new LinkedHashMap<>();

  /** A log in which every partition has a first record. */
  private volatile @Nullable LogEnd known;

  /** Of all views; asks for nothing yet. */
  public Lag(ProjectorsConfig config) {
    this(config, config.names(), Views.names(), Views::open);
  }

  private Lag(
      ProjectorsConfig config,
      Names names,
      List<String> views,
      BiFunction<String, ProjectorsConfig, Projector> open) {
    this.names = names;
    this.topic = names.log();
    this.admin = Admin.create(new HashMap<>(config.kafka()));
    try {
      views.forEach(view -> projectors.put(view, open.apply(view, config)));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Of the spare generations of the views that may have one; asks for nothing yet. */
  public static Lag ofSpares(ProjectorsConfig config) {
    return new Lag(config, config.names().spare(), Views.withGenerations(), Views::openSpare);
  }

  /**
   * Of one log: where each partition ends.
   *
   * @param firstAppends when the first record was appended, in milliseconds; absent if there is
   *     none
   * @param lastAppends as {@code firstAppends}, of the last record
   */
  private record LogEnd(
      String topicId,
      Map<Integer, Long> ends,
      Map<Integer, Long> firstAppends,
      Map<Integer, Long> lastAppends) {}

  /**
   * The lag of every view, in the order in which views are shown. A store that does not answer is
   * told as its view's problem, and does not keep the others' lag from being read.
   *
   * @throws CannotTellException if the broker does not tell where the log ends
   */
  public List<ViewLag> read() {
    LogEnd log = logEnd();
    return projectors.values().parallelStream().map(projector -> read(projector, log)).toList();
  }

  /**
   * Where each partition of the log ends now: the cut at which a view has applied all that was
   * published before this call.
   *
   * @throws CannotTellException if the broker does not tell
   */
  public Map<Integer, Long> logEnds() {
    return Map.copyOf(logEnd().ends());
  }

  /**
   * The first offset of the partition that the view has not applied; throws what the store's driver
   * throws.
   */
  public long position(String view, int partition) {
    return positions(view, List.of(partition)).get(0);
  }

  /** As {@link #position}, of several partitions at once, in their order. */
  public List<Long> positions(String view, List<Integer> partitions) {
    Projector projector = projectors.get(view);
    if (projector == null) {
      throw new IllegalArgumentException("there is no view '%s'".formatted(view));
    }
    return projector.stored(partitions).stream().map(Fence::offset).toList();
  }

  /** How far one view is behind; see {@link #read()}. */
  public ViewLag read(String view) {
    Projector projector = projectors.get(view);
    if (projector == null) {
      throw new IllegalArgumentException("there is no view '%s'".formatted(view));
    }
    return read(projector, logEnd());
  }

  /**
   * The log's topic id: another topic of the same name has another.
   *
   * @throws CannotTellException if the broker does not tell
   */
  public String topicId() {
    return logEnd().topicId();
  }

  /**
   * What the view's projectors have committed: by partition, the offset below which its store has
   * acknowledged everything. A stored position below it says that the store lost something.
   *
   * @throws CannotTellException if the broker does not tell
   */
  public Map<Integer, Long> committed(String view) {
    String group = names.group(view);
    try {
      Map<Integer, Long> committed = new TreeMap<>();
      admin
          .listConsumerGroupOffsets(group)
          .partitionsToOffsetAndMetadata()
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
          .forEach(
              (at, offset) -> {
                if (at.topic().equals(topic) && offset != null) {
                  committed.put(at.partition(), offset.offset());
                }
              });
      return committed;
    } catch (ExecutionException | TimeoutException e) {
      throw new CannotTellException(
          "the broker does not tell what %s committed: %s".formatted(group, firstLine(e)));
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  @Override
  public void close() {
    projectors.values().forEach(Projector::close);
    admin.close(Duration.ZERO);
  }

  private ViewLag read(Projector projector, LogEnd log) {
    List<PartitionLag> partitions = new ArrayList<>();
    String problem = null;
    try {
      List<Map.Entry<Integer, Long>> ends = List.copyOf(log.ends().entrySet());
      Iterator<Fence> held =
          projector.stored(ends.stream().map(Map.Entry::getKey).toList()).iterator();
      for (Map.Entry<Integer, Long> end : ends) {
        Fence stored = held.next();
        long logEnd = end.getValue();
        if (stored.offset() > logEnd) {
          // what came meanwhile may have been applied already
          logEnd = Math.max(logEnd, logEnds().getOrDefault(end.getKey(), 0L));
        }
        boolean another = isOfAnotherLog(stored.position(), log.topicId());
        if (another) {
          problem = "its position is of another log: " + rebuild(projector.view());
        } else if (stored.offset() > logEnd) {
          problem = "its position is beyond the log's end: " + rebuild(projector.view());
        }
        Position position = another ? null : stored.position();
        long offset = position == null ? 0 : position.offset();
        Duration behind = offset < logEnd ? behind(end.getKey(), position, log) : Duration.ZERO;
        partitions.add(
            new PartitionLag(
                end.getKey(), logEnd, offset, stored.epoch(), behind, stored.generation()));
      }
      return new ViewLag(projector.view(), partitions, problem);
    } catch (RuntimeException e) {
      return new ViewLag(projector.view(), List.of(), "its store does not answer: " + firstLine(e));
    }
  }

  private String rebuild(String view) {
    return (names.isSpare()
            ? "drop it (driftless rebuild %s --drop)"
            : "rebuild the view (driftless rebuild %s)")
        .formatted(view);
  }

  private static Duration behind(int partition, @Nullable Position position, LogEnd log) {
    Long last = log.lastAppends().get(partition);
    if (last == null) {
      return Duration.ZERO;
    }
    long since =
        position == null
            ? log.firstAppends().getOrDefault(partition, last)
            : position.logTime().toEpochMilli();
    return Duration.ofMillis(Math.max(0, last - since));
  }

  private static boolean isOfAnotherLog(@Nullable Position position, String topicId) {
    return position != null && !position.topicId().equals(topicId);
  }

  private LogEnd logEnd() {
    try {
      TopicDescription description =
          answer(admin.describeTopics(List.of(topic)).allTopicNames()).values().iterator().next();
      int partitions = description.partitions().size();
      Map<Integer, Long> ends = new TreeMap<>();
      answer(offsets(OffsetSpec.latest(), IsolationLevel.READ_COMMITTED, partitions))
          .forEach((at, info) -> ends.put(at.partition(), info.offset()));
      Map<Integer, Long> lastAppends = appends(OffsetSpec.maxTimestamp(), partitions);
      String topicId = description.topicId().toString();
      return new LogEnd(topicId, ends, firstAppends(topicId, partitions), lastAppends);
    } catch (ExecutionException | TimeoutException e) {
      throw new CannotTellException(
          "the broker does not tell where the log %s ends: %s".formatted(topic, firstLine(e)));
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  /** Kept once every partition has a first record, for it stays the first. */
  private Map<Integer, Long> firstAppends(String topicId, int partitions)
      throws ExecutionException, TimeoutException, InterruptedException {
    LogEnd before = known;
    if (before != null && before.topicId().equals(topicId)) {
      return before.firstAppends();
    }
    Map<Integer, Long> first = appends(OffsetSpec.forTimestamp(0), partitions);
    if (first.size() == partitions) {
      known = new LogEnd(topicId, Map.of(), first, Map.of());
    }
    return first;
  }

  /** When the record that is asked for was appended; partitions that have none are absent. */
  private Map<Integer, Long> appends(OffsetSpec which, int partitions)
      throws ExecutionException, TimeoutException, InterruptedException {
    Map<Integer, Long> millis = new TreeMap<>();
    answer(offsets(which, IsolationLevel.READ_UNCOMMITTED, partitions))
        .forEach(
            (at, info) -> {
              if (info.timestamp() >= 0) {
                millis.put(at.partition(), info.timestamp());
              }
            });
    return millis;
  }

  private KafkaFuture<Map<TopicPartition, ListOffsetsResultInfo>> offsets(
      OffsetSpec which, IsolationLevel isolation, int partitions) {
    Map<TopicPartition, OffsetSpec> all = new HashMap<>();
    for (int partition = 0; partition < partitions; partition++) {
      all.put(new TopicPartition(topic, partition), which);
    }
    return admin.listOffsets(all, new ListOffsetsOptions(isolation)).all();
  }

  private static <T> T answer(KafkaFuture<T> future)
      throws ExecutionException, TimeoutException, InterruptedException {
    return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  static String firstLine(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String message = root.getMessage() == null ? root.toString() : root.getMessage();
    return message.lines().findFirst().orElse("");
  }
}
