package dev.driftless.projectors.runtime;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MemoryRevised;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.LogRecord;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.EventType;
import dev.driftless.schemas.SubjectKey;
import dev.driftless.schemas.UndecodableException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.StoreBuilder;
import org.jspecify.annotations.Nullable;

/**
 * The one processor of the topology: says what each record means for the views, and buffers it for
 * the next drain. Never talks to a store or, since {@link DrainingConsumer} prepares the decoder,
 * to the registry.
 */
final class Intake implements Processor<byte[], byte[], Void, Void> {

  private static final Duration SWEEP_INTERVAL = Duration.ofSeconds(2);

  private static final Set<EventType> OF_A_SESSION =
      Set.of(
          EventType.SESSION_STARTED,
          EventType.MESSAGE_APPENDED,
          EventType.SESSION_ENDED,
          EventType.CHECKPOINT_SAVED,
          EventType.TOOL_CALL_INTENDED,
          EventType.TOOL_CALL_COMPLETED,
          EventType.TOOL_CALL_FAILED,
          EventType.TOOL_CALL_COMPENSATED);

  private final Map<Integer, OwnedPartition> partitions;
  private final EventDecoder decoder;
  private final ApplySpans spans;
  private final Duration window;
  private @Nullable ProcessorContext<Void, Void> context;
  private @Nullable Folds folds;

  Intake(ViewParts parts, Duration window) {
    this.partitions = parts.partitions();
    this.decoder = parts.decoder();
    this.spans = parts.spans();
    this.window = window;
  }

  static ProcessorSupplier<byte[], byte[], Void, Void> supplier(ViewParts parts, Duration window) {
    return new ProcessorSupplier<>() {
      @Override
      public Processor<byte[], byte[], Void, Void> get() {
        return new Intake(parts, window);
      }

      @Override
      public Set<StoreBuilder<?>> stores() {
        return Folds.stores();
      }
    };
  }

  @Override
  public void init(ProcessorContext<Void, Void> context) {
    this.context = context;
    Folds stores = new Folds(context, window);
    this.folds = stores;
    context.schedule(
        SWEEP_INTERVAL,
        PunctuationType.WALL_CLOCK_TIME,
        now -> {
          OwnedPartition partition = partitions.get(context.taskId().partition());
          if (partition != null) {
            stores.sweep(partition.logTime());
          }
        });
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    RecordMetadata at = Objects.requireNonNull(context).recordMetadata().orElseThrow();
    OwnedPartition partition = partitions.get(at.partition());
    if (partition == null || !partition.expects(at.offset())) {
      return;
    }
    Instant appendTime = Instant.ofEpochMilli(record.timestamp());
    Instant logTime = partition.observe(at.offset(), appendTime);
    Verdict verdict = judge(record.key(), record.value(), at, logTime, partition.partitions());
    partition.add(
        new LogRecord(
            at.partition(),
            at.offset(),
            logTime,
            appendTime,
            record.key(),
            record.value(),
            verdict.disposition,
            verdict.event,
            verdict.reason),
        spans.publisher(record.headers()));
  }

  private Verdict judge(
      byte @Nullable [] key,
      byte @Nullable [] value,
      RecordMetadata at,
      Instant logTime,
      int partitionCount) {
    MemoryEvent event;
    try {
      event = decoder.decode(value);
    } catch (UndecodableException e) {
      return new Verdict(Disposition.REFUSED, null, e.getMessage());
    }
    byte[] expectedKey = new SubjectKey(event.getTenant(), event.getSubject()).bytes();
    String misfit = misfit(event, key, expectedKey, at.partition(), partitionCount);
    if (misfit != null) {
      return new Verdict(Disposition.REFUSED, event, misfit);
    }
    return new Verdict(fold(event, expectedKey, at.offset(), logTime), event, null);
  }

  private static @Nullable String misfit(
      MemoryEvent event,
      byte @Nullable [] key,
      byte[] expectedKey,
      int partition,
      int partitionCount) {
    if (!Arrays.equals(key, expectedKey)) {
      return "the record key is not the envelope's tenant, a zero byte, and its subject";
    }
    int expected = SubjectKey.partition(expectedKey, partitionCount);
    if (partition != expected) {
      return "the record is in partition %d, its key belongs in partition %d"
          .formatted(partition, expected);
    }
    boolean inSession = event.getSession() != null && !event.getSession().isEmpty();
    if (!inSession && OF_A_SESSION.contains(EventType.of(event))) {
      return EventType.of(event).label() + " needs a session";
    }
    return null;
  }

  private Disposition fold(MemoryEvent event, byte[] key, long offset, Instant logTime) {
    Folds past = Objects.requireNonNull(folds);
    if (past.duplicate(entry(key, event.getEventId()), offset, logTime)) {
      return Disposition.DUPLICATE;
    }
    String memoryId = memoryId(event);
    if (memoryId == null) {
      return Disposition.APPLY;
    }
    byte[] memory = entry(key, memoryId);
    if (past.forgottenBefore(memory, offset)) {
      return Disposition.FORGOTTEN;
    }
    if (event.getPayload() instanceof MemoryForgotten) {
      past.forget(memory, offset);
    }
    return Disposition.APPLY;
  }

  private static @Nullable String memoryId(MemoryEvent event) {
    if (event.getPayload() instanceof MemoryRecorded recorded) {
      return recorded.getMemoryId();
    } else if (event.getPayload() instanceof MemoryRevised revised) {
      return revised.getMemoryId();
    } else if (event.getPayload() instanceof MemoryForgotten forgotten) {
      return forgotten.getMemoryId();
    }
    return null;
  }

  /**
   * Key of a fold: the subject's key, a zero byte, the id. Tenant and subject hold no zero byte, so
   * none is taken for another.
   */
  private static byte[] entry(byte[] key, String id) {
    byte[] text = id.getBytes(StandardCharsets.UTF_8);
    byte[] entry = Arrays.copyOf(key, key.length + 1 + text.length);
    System.arraycopy(text, 0, entry, key.length + 1, text.length);
    return entry;
  }

  private record Verdict(
      Disposition disposition, @Nullable MemoryEvent event, @Nullable String reason) {}
}
