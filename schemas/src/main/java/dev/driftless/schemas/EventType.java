package dev.driftless.schemas;

import dev.driftless.events.CheckpointSaved;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MemoryRecalled;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MemoryRevised;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.PatternLearned;
import dev.driftless.events.PatternRetired;
import dev.driftless.events.SessionEnded;
import dev.driftless.events.SessionStarted;
import dev.driftless.events.ToolCallCompensated;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallFailed;
import dev.driftless.events.ToolCallIntended;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecord;

/** The payloads of the envelope, to switch over: a view that forgets one does not compile. */
public enum EventType {
  MEMORY_RECORDED(MemoryRecorded.class, MemoryRecorded.getClassSchema()),
  MEMORY_REVISED(MemoryRevised.class, MemoryRevised.getClassSchema()),
  MEMORY_FORGOTTEN(MemoryForgotten.class, MemoryForgotten.getClassSchema()),
  SESSION_STARTED(SessionStarted.class, SessionStarted.getClassSchema()),
  MESSAGE_APPENDED(MessageAppended.class, MessageAppended.getClassSchema()),
  SESSION_ENDED(SessionEnded.class, SessionEnded.getClassSchema()),
  CHECKPOINT_SAVED(CheckpointSaved.class, CheckpointSaved.getClassSchema()),
  TOOL_CALL_INTENDED(ToolCallIntended.class, ToolCallIntended.getClassSchema()),
  TOOL_CALL_COMPLETED(ToolCallCompleted.class, ToolCallCompleted.getClassSchema()),
  TOOL_CALL_FAILED(ToolCallFailed.class, ToolCallFailed.getClassSchema()),
  TOOL_CALL_COMPENSATED(ToolCallCompensated.class, ToolCallCompensated.getClassSchema()),
  PATTERN_LEARNED(PatternLearned.class, PatternLearned.getClassSchema()),
  PATTERN_RETIRED(PatternRetired.class, PatternRetired.getClassSchema()),
  MEMORY_RECALLED(MemoryRecalled.class, MemoryRecalled.getClassSchema());

  static {
    TrustedClasses.load();
  }

  private static final Map<Class<?>, EventType> BY_CLASS =
      Arrays.stream(values()).collect(Collectors.toMap(t -> t.payload, Function.identity()));

  private final Class<? extends SpecificRecord> payload;
  private final Schema schema;

  EventType(Class<? extends SpecificRecord> payload, Schema schema) {
    this.payload = payload;
    this.schema = schema;
  }

  /** The type of this event's payload. */
  public static EventType of(MemoryEvent event) {
    EventType type = BY_CLASS.get(event.getPayload().getClass());
    if (type == null) {
      throw new IllegalArgumentException(event.getPayload().getClass() + " is not a payload");
    }
    return type;
  }

  /** The Avro schema of the payload. */
  public Schema schema() {
    return schema;
  }

  /** The name in JSON and in tables: the payload record's, for example {@code MemoryRecorded}. */
  public String label() {
    return payload.getSimpleName();
  }
}
