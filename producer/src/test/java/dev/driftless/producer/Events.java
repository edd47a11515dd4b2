package dev.driftless.producer;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryKind;
import dev.driftless.events.MemoryRecorded;
import java.time.Instant;
import java.util.Map;

/** Events to append. */
final class Events {

  private Events() {}

  static MemoryEvent memory(String eventId, String subject, String text) {
    return event(eventId, subject)
        .setPayload(
            new MemoryRecorded("m-" + eventId, MemoryKind.SEMANTIC, text, Map.of(), null, null))
        .build();
  }

  static MemoryEvent.Builder event(String eventId, String subject) {
    return MemoryEvent.newBuilder()
        .setEventId(eventId)
        .setOccurredAt(Instant.parse("2026-05-01T15:00:00Z"))
        .setTenant("acme")
        .setSubject(subject)
        .setAgent("helper");
  }
}
