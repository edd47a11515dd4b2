package dev.driftless.projectors.runtime;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;

/**
 * What one partition's past says about its next record: which event ids came lately, and which
 * memories are forgotten. Changelogged, and a function of the log alone: feeding records again,
 * from any point one window before, changes no answer. For the stream thread of the partition.
 *
 * <p>{@code seen}: event → (first offset, last offset, log time of the last). An event is a
 * duplicate if the same id came within the window before it; each copy extends the window. The
 * first offset tells a redelivery of the event itself from a duplicate.
 *
 * <p>{@code forgotten}: memory → offset of the event that forgot it, for ever.
 */
final class Folds {

  private static final String SEEN = "seen";
  private static final String FORGOTTEN = "forgotten";
  private static final int SWEEP = 10_000;

  private final KeyValueStore<byte[], byte[]> seen;
  private final KeyValueStore<byte[], byte[]> forgotten;
  private final long windowMs;
  private byte @Nullable [] sweepFrom;
  private long sweepAgainAtMs;

  Folds(ProcessorContext<?, ?> context, Duration window) {
    this.seen = context.getStateStore(SEEN);
    this.forgotten = context.getStateStore(FORGOTTEN);
    this.windowMs = window.toMillis();
  }

  static Set<StoreBuilder<?>> stores() {
    return Set.of(store(SEEN), store(FORGOTTEN));
  }

  /** Notes an event, and says whether the same one came before within the window. */
  boolean duplicate(byte[] event, long offset, Instant logTime) {
    long time = logTime.toEpochMilli();
    Seen before = Seen.of(seen.get(event));
    if (before == null
        || offset < before.first
        || (offset > before.last && time - before.lastTime > windowMs)) {
      seen.put(event, new Seen(offset, offset, time).bytes());
      return false;
    }
    if (offset > before.last) {
      seen.put(event, new Seen(before.first, offset, time).bytes());
    }
    return offset != before.first;
  }

  /** True if the memory was forgotten below this offset. */
  boolean forgottenBefore(byte[] memory, long offset) {
    byte[] at = forgotten.get(memory);
    return at != null && ByteBuffer.wrap(at).getLong() < offset;
  }

  /** Notes that the event at this offset forgets the memory. */
  void forget(byte[] memory, long offset) {
    byte[] at = forgotten.get(memory);
    if (at == null || offset < ByteBuffer.wrap(at).getLong()) {
      forgotten.put(memory, ByteBuffer.allocate(Long.BYTES).putLong(offset).array());
    }
  }

  /**
   * Drops some of the event ids that no longer matter at this log time; begins anew when a quarter
   * of the window has passed.
   */
  void sweep(Instant logTime) {
    long now = logTime.toEpochMilli();
    if (sweepFrom == null && now < sweepAgainAtMs) {
      return;
    }
    int left = SWEEP;
    byte[] last = null;
    try (KeyValueIterator<byte[], byte[]> entries =
        sweepFrom == null ? seen.all() : seen.range(sweepFrom, null)) {
      while (entries.hasNext() && left-- > 0) {
        KeyValue<byte[], byte[]> entry = entries.next();
        last = entry.key;
        Seen known = Seen.of(entry.value);
        if (known != null && now - known.lastTime > windowMs) {
          seen.delete(entry.key);
        }
      }
      sweepFrom = entries.hasNext() ? last : null;
    }
    sweepAgainAtMs = now + windowMs / 4;
  }

  private static StoreBuilder<KeyValueStore<byte[], byte[]>> store(String name) {
    return Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(name), Serdes.ByteArray(), Serdes.ByteArray())
        .withCachingDisabled();
  }

  private record Seen(long first, long last, long lastTime) {

    static @Nullable Seen of(byte @Nullable [] bytes) {
      if (bytes == null) {
        return null;
      }
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      return new Seen(buffer.getLong(), buffer.getLong(), buffer.getLong());
    }

    byte[] bytes() {
      return ByteBuffer.allocate(3 * Long.BYTES)
          .putLong(first)
          .putLong(last)
          .putLong(lastTime)
          .array();
    }
  }
}
