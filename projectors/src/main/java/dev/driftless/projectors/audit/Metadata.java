package dev.driftless.projectors.audit;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MemoryRecalled;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.PatternLearned;
import dev.driftless.events.PatternRetired;
import dev.driftless.events.ToolCallCompensated;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallFailed;
import dev.driftless.events.ToolCallIntended;
import dev.driftless.projectors.Memory;
import dev.driftless.schemas.EventType;
import dev.driftless.schemas.SubjectKey;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What audit shows of a record beside hashes: who and which, never what was said. Every record has
 * one that PostgreSQL can hold.
 */
record Metadata(
    @Nullable String eventId,
    @Nullable String eventType,
    @Nullable Instant occurredAt,
    @Nullable String tenant,
    @Nullable String subject,
    @Nullable String agent,
    @Nullable String session,
    @Nullable String correlationId,
    @Nullable String causationId,
    List<String> entityIds) {

  /** Characters at most, so that tenant and subject together fit into an index entry. */
  private static final int LONGEST = 400;

  private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("+294276-01-01T00:00:00Z");

  /** Of a record as it was written, and the event in it if there is one. */
  static Metadata of(byte @Nullable [] key, @Nullable MemoryEvent event) {
    return event == null ? of(subjectKey(key)) : of(event);
  }

  /** As PostgreSQL can hold it: without U+0000, and cut, but never inside a character. */
  static @Nullable String storable(@Nullable String text) {
    if (text == null) {
      return null;
    }
    String held = text.replace('\0', '\uFFFD');
    if (held.length() <= LONGEST) {
      return held;
    }
    int end = Character.isHighSurrogate(held.charAt(LONGEST - 1)) ? LONGEST - 1 : LONGEST;
    return held.substring(0, end);
  }

  private static Metadata of(MemoryEvent event) {
    Instant occurredAt = event.getOccurredAt();
    boolean held = !occurredAt.isBefore(EARLIEST) && occurredAt.isBefore(LATEST);
    return new Metadata(
        storable(event.getEventId()),
        EventType.of(event).label(),
        held ? occurredAt : null,
        storable(event.getTenant()),
        storable(event.getSubject()),
        storable(event.getAgent()),
        storable(event.getSession()),
        storable(event.getCorrelationId()),
        storable(event.getCausationId()),
        entityIds(event).stream().map(id -> String.valueOf(storable(id))).toList());
  }

  private static Metadata of(@Nullable SubjectKey key) {
    String tenant = key == null ? null : storable(key.tenant());
    String subject = key == null ? null : storable(key.subject());
    return new Metadata(null, null, null, tenant, subject, null, null, null, null, List.of());
  }

  private static @Nullable SubjectKey subjectKey(byte @Nullable [] key) {
    try {
      return key == null ? null : SubjectKey.of(key);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static List<String> entityIds(MemoryEvent event) {
    Object payload = event.getPayload();
    return switch (EventType.of(event)) {
      case MEMORY_RECORDED, MEMORY_REVISED -> List.of(Memory.of(event).memoryId());
      case MEMORY_FORGOTTEN -> List.of(((MemoryForgotten) payload).getMemoryId());
      case MESSAGE_APPENDED -> List.of(((MessageAppended) payload).getMessageId());
      case TOOL_CALL_INTENDED -> List.of(((ToolCallIntended) payload).getToolCallId());
      case TOOL_CALL_COMPLETED -> List.of(((ToolCallCompleted) payload).getToolCallId());
      case TOOL_CALL_FAILED -> List.of(((ToolCallFailed) payload).getToolCallId());
      case TOOL_CALL_COMPENSATED -> List.of(((ToolCallCompensated) payload).getToolCallId());
      case PATTERN_LEARNED -> List.of(((PatternLearned) payload).getPatternId());
      case PATTERN_RETIRED -> List.of(((PatternRetired) payload).getPatternId());
      case MEMORY_RECALLED -> ((MemoryRecalled) payload).getMemoryIds();
      case SESSION_STARTED, SESSION_ENDED, CHECKPOINT_SAVED -> List.of();
    };
  }
}
