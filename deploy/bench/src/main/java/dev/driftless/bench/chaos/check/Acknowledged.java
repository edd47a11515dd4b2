package dev.driftless.bench.chaos.check;

import java.nio.ByteBuffer;

/**
 * What a writer was told: this event is in the log, there.
 *
 * @param whose tenant and subject, as {@code tenant/subject}
 * @param event in Avro's binary form, as it was given to be appended
 */
public record Acknowledged(
    String whose, String eventId, int partition, long offset, ByteBuffer event) {}
