package dev.driftless.reconciler.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.LogRecord;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.UndecodableException;
import java.nio.ByteBuffer;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A record as it is kept: log time (8), append time (8), disposition (1), audit chain before it
 * (32), then reason, key and value, each with its length (4, -1 for null).
 */
record StoredRecord(
    Instant logTime,
    Instant appendTime,
    Disposition disposition,
    byte[] chainBefore,
    byte @Nullable [] reason,
    byte @Nullable [] key,
    byte @Nullable [] value) {

  private static final int CHAIN_BYTES = 32;
  private static final Disposition[] DISPOSITIONS = Disposition.values();

  static StoredRecord of(LogRecord r, byte[] chainBefore) {
    return new StoredRecord(
        r.logTime(),
        r.appendTime(),
        r.disposition(),
        chainBefore,
        r.reason() == null ? null : r.reason().getBytes(UTF_8),
        r.key(),
        r.value());
  }

  static StoredRecord of(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    return new StoredRecord(
        Instant.ofEpochMilli(in.getLong()),
        Instant.ofEpochMilli(in.getLong()),
        DISPOSITIONS[in.get()],
        take(in, CHAIN_BYTES),
        take(in),
        take(in),
        take(in));
  }

  byte[] bytes() {
    ByteBuffer out =
        ByteBuffer.allocate(
            2 * Long.BYTES + 1 + CHAIN_BYTES + size(reason) + size(key) + size(value));
    out.putLong(logTime.toEpochMilli()).putLong(appendTime.toEpochMilli());
    out.put((byte) disposition.ordinal()).put(chainBefore);
    put(out, reason);
    put(out, key);
    put(out, value);
    return out.array();
  }

  /** The record with its event, if it holds one that this program can read. */
  LogRecord record(int partition, long offset, EventDecoder decoder) {
    return new LogRecord(
        partition,
        offset,
        logTime,
        appendTime,
        key,
        value,
        disposition,
        event(decoder),
        reason == null ? null : new String(reason, UTF_8));
  }

  private @Nullable MemoryEvent event(EventDecoder decoder) {
    try {
      return decoder.decode(value);
    } catch (UndecodableException e) {
      return null;
    }
  }

  private static int size(byte @Nullable [] bytes) {
    return Integer.BYTES + (bytes == null ? 0 : bytes.length);
  }

  private static void put(ByteBuffer out, byte @Nullable [] bytes) {
    out.putInt(bytes == null ? -1 : bytes.length);
    if (bytes != null) {
      out.put(bytes);
    }
  }

  private static byte @Nullable [] take(ByteBuffer in) {
    int length = in.getInt();
    return length < 0 ? null : take(in, length);
  }

  private static byte[] take(ByteBuffer in, int length) {
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }
}
