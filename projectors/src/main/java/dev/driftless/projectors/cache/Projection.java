package dev.driftless.projectors.cache;

import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.History;
import dev.driftless.projectors.LogRecord;
import dev.driftless.schemas.EventType;
import dev.driftless.schemas.Names;
import java.util.List;

/** What the view holds of an entity once it has applied its history, and nothing else. */
record Projection(Names names, EventWrites writes) {

  /** At each of the entity's places. */
  List<Stored> of(History history, List<Place> places) {
    FoldedKeys keys = new FoldedKeys();
    List<LogRecord> records = history.records();
    if (history.entity().kind() == Kind.SUBJECT) {
      records.forEach(r -> keys.write(Write.of("SET", places.get(0).key(), r.offset())));
    } else {
      records.subList(beginning(records), records.size()).stream()
          .flatMap(r -> writes.of(r).stream())
          .forEach(keys::write);
    }
    return places.stream().map(keys::at).toList();
  }

  /** Nothing before this makes a difference. */
  private static int beginning(List<LogRecord> records) {
    for (int i = records.size() - 1; i > 0; i--) {
      switch (EventType.of(records.get(i).event())) {
        case MEMORY_RECORDED, MEMORY_REVISED, MEMORY_FORGOTTEN, PATTERN_RETIRED, SESSION_ENDED -> {
          return i;
        }
        case PATTERN_LEARNED,
            SESSION_STARTED,
            MESSAGE_APPENDED,
            CHECKPOINT_SAVED,
            TOOL_CALL_INTENDED,
            TOOL_CALL_COMPLETED,
            TOOL_CALL_FAILED,
            TOOL_CALL_COMPENSATED,
            MEMORY_RECALLED -> {}
      }
    }
    return 0;
  }
}
