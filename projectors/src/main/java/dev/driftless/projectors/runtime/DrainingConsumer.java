package dev.driftless.projectors.runtime;

import static java.util.Collections.emptyIterator;

import dev.driftless.projectors.Fence;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.Projector;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.RegistryUnavailableException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.errors.TaskMigratedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The main consumer of a Kafka Streams thread, and the place where buffered records reach the
 * store: {@link #poll} and {@link #commitSync} drain first. That makes batches as large as what
 * came during the last drain, or a single event when idle, and it is what keeps offsets from being
 * committed before the store has acknowledged everything below them. Nothing else that looks like a
 * hook runs before every commit: not a state store's flush, not {@code Processor.close}.
 *
 * <p>While the store, the registry or the broker is away, or the view is paused, poll keeps the
 * membership alive and fetches nothing, so memory stays bounded and no thread dies.
 */
final class DrainingConsumer extends KafkaConsumer<byte[], byte[]> {

  private static final Logger LOG = LoggerFactory.getLogger(DrainingConsumer.class);

  private static final String PAUSED = "the view is paused";

  private final String name;
  private final Projector projector;
  private final EventDecoder decoder;
  private final Drain drain;
  private final BooleanSupplier abandoned;
  private final DeadLetters deadLetters;
  private final LogPositions log;
  private final @Nullable ViewControls controls;
  private final @Nullable Repairs repairs;
  private final @Nullable ToldPositions told;
  private final ViewMeters meters;
  private final Polls polls;
  private final long checkIntervalNanos;
  private final Backoff backoff = new Backoff();

  /** Records wait for the registry; until they come again, a poll says nothing of it. */
  private boolean putBack;

  private final Fetches fetches;

  /** Partitions of this thread; the shared map is where the processor finds them. */
  private final Map<Integer, OwnedPartition> own = new TreeMap<>();

  private final Map<Integer, OwnedPartition> shared;

  /** What {@link #keepAlive} paused; Kafka Streams pauses others itself. */
  private final Set<TopicPartition> flowing = new HashSet<>();

  private @Nullable ViewStoppedException stopped;
  private boolean paused;
  private long checkAtNanos = System.nanoTime();

  /**
   * @param abandoned whether there is nothing any more that could be drained to
   * @param controls null for what is never paused
   * @param repairs null for what is never repaired
   */
  DrainingConsumer(
      Map<String, Object> settings,
      ViewParts parts,
      BooleanSupplier abandoned,
      DeadLetters deadLetters,
      @Nullable ViewControls controls,
      @Nullable Repairs repairs) {
    super(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    this.name = parts.name();
    this.projector = parts.projector();
    this.decoder = parts.decoder();
    this.log = parts.log();
    this.meters = parts.meters();
    this.polls = parts.polls();
    this.shared = parts.partitions();
    this.checkIntervalNanos = parts.checkInterval().toNanos();
    this.abandoned = abandoned;
    this.deadLetters = deadLetters;
    this.controls = controls;
    this.repairs = repairs;
    this.drain = new Drain(name, projector, deadLetters, meters, parts.spans(), parts.maxBatch());
    this.fetches = new Fetches(super::poll, this::seek, own, parts.maxBatch(), System::nanoTime);
    this.told =
        parts.reports() == null ? null : new ToldPositions(parts, parts.reports(), deadLetters);
  }

  @Override
  public ConsumerRecords<byte[], byte[]> poll(Duration timeout) {
    polls.polled(this);
    if (!ready()) {
      return keepAlive(timeout);
    }
    ConsumerRecords<byte[], byte[]> records = fetches.poll(timeout);
    if (!prepare(records)) {
      return ConsumerRecords.empty();
    }
    own.values().forEach(partition -> note(partition, records));
    if (records.isEmpty() && putBack) {
      return records;
    }
    putBack = false;
    int failures = backoff.succeeded();
    if (failures > 0) {
      LOG.info("view={} going on after {} attempts", name, failures);
      tell(own.values(), null);
    }
    return records;
  }

  @Override
  public void commitSync(Map<TopicPartition, OffsetAndMetadata> offsets) {
    if (abandoned.getAsBoolean()) {
      return;
    }
    if (!own.values().stream().allMatch(OwnedPartition::positioned)) {
      // No failure of the store: commits that come again and again would put off for ever what
      // they wait for, which is the next poll that may ask it.
      throw new TimeoutException(
          "nothing is committed before the store of view " + name + " was asked where to begin");
    }
    try {
      drainOwn();
    } catch (StoreAwayException e) {
      failed(e);
      throw new TimeoutException(
          "nothing is committed before the store of view " + name + " has it", e);
    } catch (FencedException | TaskMigratedException e) {
      throw new CommitFailedException(e.getMessage());
    }
    super.commitSync(offsets);
  }

  @Override
  public void subscribe(Collection<String> topics, ConsumerRebalanceListener listener) {
    super.subscribe(topics, new Ownership(listener));
  }

  /** Kafka Streams seeks when it revives a task; then the store is asked again where to begin. */
  @Override
  public void seek(TopicPartition partition, OffsetAndMetadata offset) {
    super.seek(partition, offset);
    unposition(List.of(partition));
  }

  /** As {@link #seek}: Kafka Streams does this where it finds no offset, or one outside the log. */
  @Override
  public void seekToBeginning(Collection<TopicPartition> partitions) {
    super.seekToBeginning(partitions);
    unposition(partitions);
  }

  @Override
  public void close() {
    release();
    super.close();
  }

  @Override
  public void close(CloseOptions options) {
    release();
    super.close(options);
  }

  private void unposition(Collection<TopicPartition> partitions) {
    for (TopicPartition at : partitions) {
      OwnedPartition partition = own.get(at.partition());
      if (partition != null) {
        partition.unposition();
      }
    }
  }

  private void release() {
    polls.closed(this);
    own.forEach(shared::remove);
    deadLetters.close();
    if (controls != null) {
      controls.close();
    }
    if (repairs != null) {
      repairs.close();
    }
  }

  /** True if everything read so far is in the store and more may be read. */
  private boolean ready() {
    if (stopped != null) {
      throw stopped;
    }
    if (backoff.waiting()) {
      return false;
    }
    try {
      own.values().stream().filter(p -> !p.positioned()).forEach(this::position);
      drainOwn();
      check();
      repairOwn();
      if (told != null) {
        told.tellOwed(own.values(), waiting());
      }
    } catch (ViewStoppedException e) {
      tell(own.values(), e.getMessage());
      throw e;
    } catch (StoreAwayException e) {
      failed(e);
      return false;
    } catch (FencedException e) {
      LOG.info("{}", e.getMessage());
      return false;
    }
    return !paused;
  }

  private void drainOwn() {
    Map<OwnedPartition, Long> before = new HashMap<>();
    own.values().forEach(partition -> before.put(partition, partition.fence().offset()));
    long began = System.nanoTime();
    try {
      rereadIfFenced(() -> drain.drain(own.values()));
    } finally {
      fetches.drained(System.nanoTime() - began);
      before.entrySet().removeIf(e -> e.getKey().fence().offset() <= e.getValue());
      if (!before.isEmpty()) {
        tell(before.keySet(), null);
      }
    }
  }

  private void repairOwn() {
    if (repairs != null && !paused) {
      repairs.receive(own.keySet());
      own.values().forEach(partition -> rereadIfFenced(() -> repairs.serve(partition)));
    }
  }

  private void rereadIfFenced(Runnable write) {
    try {
      write.run();
    } catch (FencedException e) {
      OwnedPartition partition = own.get(e.partition());
      if (partition != null) {
        reread(partition, stored(List.of(e.partition())).get(0));
      }
      throw e;
    }
  }

  /** Every few seconds: is the view paused, and does the store still hold what it acknowledged? */
  private void check() {
    if (System.nanoTime() - checkAtNanos < 0) {
      return;
    }
    try {
      paused = controls != null && controls.paused().contains(projector.view());
    } catch (KafkaException e) {
      throw new StoreAwayException(e);
    }
    List<Integer> numbers = List.copyOf(own.keySet());
    Iterator<Fence> held = numbers.isEmpty() ? emptyIterator() : stored(numbers).iterator();
    for (OwnedPartition partition : own.values()) {
      Fence stored = held.next();
      if (!partition.isAsLeft(stored)) {
        reread(partition, stored);
        throw new FencedException(name, partition.partition(), partition.fence().epoch());
      }
    }
    if (told != null) {
      told.tellAgain(own.values(), waiting());
    }
    checkAtNanos = System.nanoTime() + checkIntervalNanos;
  }

  private @Nullable String waiting() {
    return paused ? PAUSED : null;
  }

  private void tell(Collection<OwnedPartition> partitions, @Nullable String waiting) {
    if (told != null) {
      told.tell(partitions, waiting);
    }
  }

  /**
   * The store is not as this process left it: either another process took the partition over, or
   * the store was replaced, or the view's generations were switched.
   */
  private void reread(OwnedPartition partition, Fence stored) {
    boolean sameGeneration = stored.generation().equals(partition.fence().generation());
    if (sameGeneration && stored.epoch() > partition.fence().epoch()) {
      throw new TaskMigratedException(
          "view=%s partition=%d was taken over by another process"
              .formatted(name, partition.partition()));
    }
    if (sameGeneration || stored.offset() < partition.fence().offset()) {
      LOG.warn(
          "view={} partition={} offset={} the store now holds position {}: reading the log again from there",
          name,
          partition.partition(),
          partition.fence().offset(),
          stored.offset());
      meters.rewind();
    } else {
      LOG.info(
          "view={} partition={} offset={} going on in another generation, which is at {}",
          name,
          partition.partition(),
          partition.fence().offset(),
          stored.offset());
    }
    deadLetters.forget(partition.partition());
    partition.unposition();
  }

  private List<Fence> stored(List<Integer> partitions) {
    try {
      return projector.stored(partitions);
    } catch (RuntimeException e) {
      throw new StoreAwayException(e);
    }
  }

  private void position(OwnedPartition partition) {
    TopicPartition at = partition.topicPartition();
    try {
      log.checkContract();
      TopicDescription topic = log.describe();
      log.checkPartitions(topic);
      String topicId = topic.topicId().toString();
      Fence fence = projector.acquire(partition.partition());
      if (told != null) {
        told.acquired();
      }
      long start = log.start(this, at, topicId, fence);
      seek(at, start);
      partition.position(fence, start, topicId, topic.partitions().size());
      LOG.info(
          "view={} partition={} offset={} epoch={} reading from {}",
          name,
          partition.partition(),
          fence.offset(),
          fence.epoch(),
          start);
      tell(List.of(partition), null);
    } catch (ViewStoppedException e) {
      stopped = e;
      throw e;
    } catch (RuntimeException e) {
      throw new StoreAwayException(e);
    }
  }

  /**
   * Makes sure that no record needs the registry later; otherwise puts the consumer back to before
   * these records.
   */
  private boolean prepare(ConsumerRecords<byte[], byte[]> records) {
    try {
      for (ConsumerRecord<byte[], byte[]> r : records) {
        decoder.prepare(r.value());
      }
      return true;
    } catch (RegistryUnavailableException e) {
      fetches.putBack(records, at -> true);
      putBack = true;
      failed(new StoreAwayException(e));
      return false;
    }
  }

  private static void note(OwnedPartition partition, ConsumerRecords<byte[], byte[]> records) {
    OffsetAndMetadata next = records.nextOffsets().get(partition.topicPartition());
    if (!partition.positioned() || next == null) {
      return;
    }
    List<ConsumerRecord<byte[], byte[]>> polled = records.records(partition.topicPartition());
    if (polled.isEmpty()) {
      partition.polledNothing(next.offset());
    } else {
      partition.polled(
          polled.get(0).offset(), polled.get(polled.size() - 1).offset(), next.offset());
    }
  }

  private ConsumerRecords<byte[], byte[]> keepAlive(Duration timeout) {
    flowing.addAll(assignment());
    flowing.removeAll(paused());
    pause(flowing);
    try {
      return super.poll(timeout);
    } finally {
      resume(flowing);
      flowing.clear();
    }
  }

  private void failed(StoreAwayException e) {
    meters.retry();
    int failures = backoff.failed();
    if (failures == 1 || failures % 12 == 0) {
      LOG.warn("view={} attempt={} waiting: {}", name, failures, Drain.firstLine(e));
    }
    LOG.debug("view={} attempt={}", name, failures, e);
    tell(own.values(), Drain.firstLine(e));
  }

  /** Follows the partitions that this thread owns, around what Kafka Streams does with them. */
  private final class Ownership implements ConsumerRebalanceListener {

    private final ConsumerRebalanceListener streams;

    Ownership(ConsumerRebalanceListener streams) {
      this.streams = streams;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      streams.onPartitionsAssigned(partitions);
      for (TopicPartition at : partitions) {
        OwnedPartition partition = new OwnedPartition(at);
        own.put(at.partition(), partition);
        shared.put(at.partition(), partition);
        if (backoff.waiting()) {
          continue;
        }
        try {
          position(partition);
        } catch (StoreAwayException e) {
          failed(e);
        } catch (ViewStoppedException e) {
          LOG.debug("told at the next poll", e);
        }
      }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      try {
        streams.onPartitionsRevoked(partitions);
      } finally {
        disown(partitions);
      }
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      try {
        streams.onPartitionsLost(partitions);
      } finally {
        disown(partitions);
      }
    }

    private void disown(Collection<TopicPartition> partitions) {
      putBack = false;
      for (TopicPartition at : partitions) {
        flowing.remove(at);
        deadLetters.forget(at.partition());
        OwnedPartition partition = own.remove(at.partition());
        if (partition != null) {
          // another thread may own it by now
          shared.remove(at.partition(), partition);
        }
      }
    }
  }
}
