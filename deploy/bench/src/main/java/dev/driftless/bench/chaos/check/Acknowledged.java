package dev.driftless.bench.chaos.check;

/**
 * What a writer was told: this event is in the log, there.
 *
 * @param whose tenant and subject, as {@code tenant/subject}
 */
public record Acknowledged(String whose, String eventId, int partition, long offset) {}
