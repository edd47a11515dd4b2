package dev.driftless.projectors.runtime;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A record that a view could not apply and set aside.
 *
 * @param partition of the record in the log
 * @param offset of the record in the log
 * @param time when it was set aside first, the broker's clock
 * @param reason why, one line
 * @param eventId null where the record holds no event
 * @param tenant as the event says, or its key where there is no event; null where neither says so
 * @param subject as {@code tenant}
 */
public record DeadLetter(
    String view,
    int partition,
    long offset,
    Instant time,
    String reason,
    @Nullable String eventId,
    @Nullable String tenant,
    @Nullable String subject) {}
