package dev.driftless.projectors.relational;

import dev.driftless.events.MemoryForgotten;
import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.postgres.EntityTable;
import dev.driftless.schemas.EventType;
import java.util.List;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/** What events in offset order do to the tables of the view. */
final class RelationalTables {

  static final List<EntityTable> ALL =
      List.of(
          MemoryTables.MEMORIES,
          MemoryTables.VERSIONS,
          SessionTables.SESSIONS,
          SessionTables.SESSION_STATES.past(),
          SessionTables.MESSAGES,
          SessionTables.MESSAGE_STATES.past(),
          SessionTables.CHECKPOINTS,
          ToolCallTable.TOOL_CALLS,
          ToolCallTable.STATES.past());

  private final MemoryTables memories = new MemoryTables();
  private final SessionTables sessions = new SessionTables();
  private final ToolCallTable toolCalls = new ToolCallTable();

  private RelationalTables() {}

  static RelationalTables of(List<LogRecord> events) {
    RelationalTables tables = new RelationalTables();
    events.forEach(tables::add);
    return tables;
  }

  private void add(LogRecord r) {
    switch (EventType.of(r.event())) {
      case MEMORY_RECORDED, MEMORY_REVISED -> memories.remembered(r);
      case MEMORY_FORGOTTEN -> memories.forgotten(r, (MemoryForgotten) r.event().getPayload());
      case SESSION_STARTED, SESSION_ENDED -> sessions.startedOrEnded(r);
      case MESSAGE_APPENDED -> sessions.appended(r);
      case CHECKPOINT_SAVED -> sessions.saved(r);
      case TOOL_CALL_INTENDED, TOOL_CALL_COMPLETED, TOOL_CALL_FAILED, TOOL_CALL_COMPENSATED ->
          toolCalls.add(r);
      case PATTERN_LEARNED, PATTERN_RETIRED, MEMORY_RECALLED -> {
        // the context view keeps patterns, the audit view reads
      }
    }
  }

  void write(Handle handle) {
    memories.write(handle);
    sessions.write(handle);
    toolCalls.write(handle);
  }

  /** The rows that there are once these events are written, if nothing was there before. */
  List<HeldRow> held() {
    return Stream.of(memories.held(), sessions.held(), toolCalls.held())
        .flatMap(rows -> rows)
        .toList();
  }
}
