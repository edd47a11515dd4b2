package dev.driftless.projectors;

import dev.driftless.events.MemoryEvent;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One record of the log as the views see it.
 *
 * @param logTime running maximum of the broker's append times in this partition, in milliseconds
 * @param appendTime the broker's append time of this record
 * @param key as it was written
 * @param value as it was written
 * @param decoded the event, where the value holds one
 * @param reason why the record is refused; null unless it is
 */
public record LogRecord(
    int partition,
    long offset,
    Instant logTime,
    Instant appendTime,
    byte @Nullable [] key,
    byte @Nullable [] value,
    Disposition disposition,
    @Nullable MemoryEvent decoded,
    @Nullable String reason) {

  /** The event; only for records that hold one. */
  public MemoryEvent event() {
    return Objects.requireNonNull(decoded, "the record holds no event");
  }

  /** Where it is, never what it says. */
  @Override
  public String toString() {
    return "partition=%d offset=%d disposition=%s".formatted(partition, offset, disposition);
  }
}
