package dev.driftless.projectors;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MemoryKind;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MemoryRevised;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Events for tests, of tenant acme and subject mia unless said otherwise. */
public final class Events {

  private static final Instant OCCURRED = Instant.parse("2026-05-01T15:00:00Z");
  private static final AtomicInteger NEXT = new AtomicInteger();

  private Events() {}

  public static MemoryEvent recorded(String memoryId, String text) {
    return recorded("acme", "mia", memoryId, text);
  }

  public static MemoryEvent recorded(String tenant, String subject, String memoryId, String text) {
    return event(
        tenant,
        subject,
        new MemoryRecorded(memoryId, MemoryKind.SEMANTIC, text, Map.of(), null, null));
  }

  public static MemoryEvent revised(String memoryId, String text) {
    return event(
        "acme",
        "mia",
        new MemoryRevised(memoryId, MemoryKind.SEMANTIC, text, Map.of(), null, null));
  }

  public static MemoryEvent forgotten(String memoryId) {
    return forgotten("acme", "mia", memoryId);
  }

  public static MemoryEvent forgotten(String tenant, String subject, String memoryId) {
    return event(tenant, subject, new MemoryForgotten(memoryId, null));
  }

  /** An event of this payload, with an id of its own. */
  public static MemoryEvent event(String tenant, String subject, Object payload) {
    return MemoryEvent.newBuilder()
        .setEventId("event-" + NEXT.incrementAndGet())
        .setOccurredAt(OCCURRED)
        .setTenant(tenant)
        .setSubject(subject)
        .setAgent("helper")
        .setSession("session-1")
        .setPayload(payload)
        .build();
  }
}
