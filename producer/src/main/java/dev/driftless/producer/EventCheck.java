package dev.driftless.producer;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.events.CheckpointSaved;
import dev.driftless.events.Embedding;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MemoryRecalled;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MemoryRevised;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.PatternLearned;
import dev.driftless.events.PatternRetired;
import dev.driftless.events.ToolCallCompensated;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallFailed;
import dev.driftless.events.ToolCallIntended;
import dev.driftless.schemas.EventType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;

/**
 * What an event has to be so that every view can hold it. Safe to share between threads.
 *
 * <table>
 *   <caption>Rules</caption>
 *   <tr><td>every field</td><td>there, unless it is optional</td></tr>
 *   <tr><td>every string</td><td>no NUL, which PostgreSQL cannot store; no half of a surrogate
 *       pair, which UTF-8 cannot express</td></tr>
 *   <tr><td>every time</td><td>from year 1 to year 9999</td></tr>
 *   <tr><td>every id</td><td>not empty, at most {@value #MAX_ID_BYTES} bytes of UTF-8: four of them
 *       are a key in PostgreSQL</td></tr>
 *   <tr><td>text of a memory, statement of a pattern</td><td>not blank</td></tr>
 *   <tr><td>session</td><td>there for messages, tool calls, checkpoints, and its own start and end
 *       </td></tr>
 *   <tr><td>confidence</td><td>from 0 to 1</td></tr>
 *   <tr><td>embedding</td><td>of a configured model, of its dimensions, finite, not all zero</td></tr>
 * </table>
 */
final class EventCheck {

  static final int MAX_ID_BYTES = 512;

  private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
  private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999Z");

  private final Map<String, Integer> embeddingModels;

  EventCheck(Map<String, Integer> embeddingModels) {
    this.embeddingModels = embeddingModels;
  }

  /**
   * @throws InvalidEventException naming the first field that is wrong
   */
  void check(MemoryEvent event) {
    checkRecord(event, "");
    EventType type = type(event);
    checkId("eventId", event.getEventId());
    checkId("tenant", event.getTenant());
    checkId("subject", event.getSubject());
    checkId("agent", event.getAgent());
    checkOptionalId("session", event.getSession());
    checkOptionalId("correlationId", event.getCorrelationId());
    checkOptionalId("causationId", event.getCausationId());
    checkPayload(event, type);
  }

  private static EventType type(MemoryEvent event) {
    try {
      return EventType.of(event);
    } catch (IllegalArgumentException e) {
      throw new InvalidEventException("payload", String.valueOf(e.getMessage()));
    }
  }

  private void checkPayload(MemoryEvent event, EventType type) {
    switch (type) {
      case MEMORY_RECORDED -> {
        MemoryRecorded e = (MemoryRecorded) event.getPayload();
        checkMemory(e.getMemoryId(), e.getText(), e.getEmbedding());
      }
      case MEMORY_REVISED -> {
        MemoryRevised e = (MemoryRevised) event.getPayload();
        checkMemory(e.getMemoryId(), e.getText(), e.getEmbedding());
      }
      case MEMORY_FORGOTTEN ->
          checkId("payload.memoryId", ((MemoryForgotten) event.getPayload()).getMemoryId());
      case SESSION_STARTED, SESSION_ENDED -> checkSession(event);
      case MESSAGE_APPENDED -> {
        checkSession(event);
        checkMessage((MessageAppended) event.getPayload());
      }
      case CHECKPOINT_SAVED -> {
        checkSession(event);
        checkLength("payload.step", ((CheckpointSaved) event.getPayload()).getStep());
      }
      case TOOL_CALL_INTENDED ->
          checkCall(event, ((ToolCallIntended) event.getPayload()).getToolCallId());
      case TOOL_CALL_COMPLETED ->
          checkCall(event, ((ToolCallCompleted) event.getPayload()).getToolCallId());
      case TOOL_CALL_FAILED ->
          checkCall(event, ((ToolCallFailed) event.getPayload()).getToolCallId());
      case TOOL_CALL_COMPENSATED ->
          checkCall(event, ((ToolCallCompensated) event.getPayload()).getToolCallId());
      case PATTERN_LEARNED -> checkPattern((PatternLearned) event.getPayload());
      case PATTERN_RETIRED ->
          checkId("payload.patternId", ((PatternRetired) event.getPayload()).getPatternId());
      case MEMORY_RECALLED ->
          checkIds("payload.memoryIds", ((MemoryRecalled) event.getPayload()).getMemoryIds());
    }
  }

  private void checkMemory(String memoryId, String text, @Nullable Embedding embedding) {
    checkId("payload.memoryId", memoryId);
    checkNotBlank("payload.text", text);
    if (embedding != null) {
      checkEmbedding(embedding);
    }
  }

  private static void checkMessage(MessageAppended e) {
    checkId("payload.messageId", e.getMessageId());
    checkIds("payload.toolCallIds", e.getToolCallIds());
    checkOptionalId("payload.toolCallId", e.getToolCallId());
  }

  private static void checkCall(MemoryEvent event, String toolCallId) {
    checkSession(event);
    checkId("payload.toolCallId", toolCallId);
  }

  private static void checkPattern(PatternLearned e) {
    checkId("payload.patternId", e.getPatternId());
    checkNotBlank("payload.statement", e.getStatement());
    if (!(e.getConfidence() >= 0 && e.getConfidence() <= 1)) {
      throw new InvalidEventException(
          "payload.confidence", "expected a number from 0 to 1, found " + e.getConfidence());
    }
    checkIds("payload.evidence", e.getEvidence());
  }

  private void checkEmbedding(Embedding embedding) {
    String field = "payload.embedding";
    Integer dimensions = embeddingModels.get(embedding.getModel());
    if (dimensions == null) {
      throw new InvalidEventException(
          field + ".model", "expected one of " + sorted(embeddingModels) + ", found another model");
    }
    ByteBuffer vector = embedding.getVector().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    if (vector.remaining() != dimensions * Float.BYTES) {
      throw new InvalidEventException(
          field + ".vector",
          "expected %d bytes for the %d dimensions of %s, found %d"
              .formatted(
                  dimensions * Float.BYTES, dimensions, embedding.getModel(), vector.remaining()));
    }
    double squares = 0;
    for (int i = 0; i < dimensions; i++) {
      float value = vector.getFloat();
      if (!Float.isFinite(value)) {
        throw new InvalidEventException(
            field + ".vector", "expected finite numbers, found %s at %d".formatted(value, i));
      }
      squares += (double) value * value;
    }
    if (squares == 0) {
      throw new InvalidEventException(field + ".vector", "all zero, so it points nowhere");
    }
  }

  private static void checkSession(MemoryEvent event) {
    if (event.getSession() == null) {
      throw new InvalidEventException(
          "session", "missing, but %s needs one".formatted(EventType.of(event).label()));
    }
  }

  private static void checkIds(String field, List<String> ids) {
    for (int i = 0; i < ids.size(); i++) {
      checkId(field + "[" + i + "]", ids.get(i));
    }
  }

  private static void checkOptionalId(String field, @Nullable String id) {
    if (id != null) {
      checkId(field, id);
    }
  }

  private static void checkId(String field, String id) {
    if (id.isEmpty()) {
      throw new InvalidEventException(field, "empty, expected an id");
    }
    checkLength(field, id);
  }

  private static void checkLength(String field, String id) {
    int bytes = id.length() * 3 <= MAX_ID_BYTES ? 0 : id.getBytes(UTF_8).length;
    if (bytes > MAX_ID_BYTES) {
      throw new InvalidEventException(
          field, "%d bytes, expected at most %d".formatted(bytes, MAX_ID_BYTES));
    }
  }

  private static void checkNotBlank(String field, String text) {
    if (text.isBlank()) {
      throw new InvalidEventException(field, "blank, expected a text");
    }
  }

  /**
   * Every field of the record and of all in it, whatever the schema comes to hold. Where a field is
   * is put together only for whom it concerns: most events are as they should be.
   */
  private static void checkRecord(IndexedRecord record, String path) {
    for (Schema.Field field : record.getSchema().getFields()) {
      Object value = record.get(field.pos());
      if (value == null && !field.schema().isNullable()) {
        throw new InvalidEventException(at(path, field.name()), "missing");
      }
      checkValue(value, path, field.name());
    }
  }

  private static void checkValue(@Nullable Object value, String path, String name) {
    if (value instanceof CharSequence text) {
      checkString(text, path, name);
    } else if (value instanceof Instant time) {
      if (time.isBefore(FIRST) || time.isAfter(LAST)) {
        throw new InvalidEventException(at(path, name), "expected a time from year 1 to year 9999");
      }
    } else if (value instanceof IndexedRecord inner) {
      checkRecord(inner, at(path, name));
    } else if (value instanceof List<?> items) {
      for (int i = 0; i < items.size(); i++) {
        checkItem(items.get(i), path, name + "[" + i + "]");
      }
    } else if (value instanceof Map<?, ?> entries) {
      entries.forEach(
          (key, item) -> {
            checkItem(key, path, name + " key");
            checkItem(item, path, name + "." + key);
          });
    }
  }

  private static void checkItem(@Nullable Object item, String path, String name) {
    if (item == null) {
      throw new InvalidEventException(at(path, name), "missing");
    }
    checkValue(item, path, name);
  }

  private static void checkString(CharSequence text, String path, String name) {
    int i = 0;
    while (i < text.length()) {
      char character = text.charAt(i);
      if (character == 0) {
        throw new InvalidEventException(at(path, name), "has a NUL character at " + i);
      }
      boolean pair = Character.isSurrogate(character);
      if (pair && !Character.isSupplementaryCodePoint(Character.codePointAt(text, i))) {
        throw new InvalidEventException(at(path, name), "has half of a surrogate pair at " + i);
      }
      i += pair ? 2 : 1;
    }
  }

  private static String at(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  private static String sorted(Map<String, Integer> models) {
    return models.keySet().stream().sorted().toList().toString();
  }
}
