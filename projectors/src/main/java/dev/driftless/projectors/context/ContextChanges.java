package dev.driftless.projectors.context;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.PatternLearned;
import dev.driftless.events.PatternRetired;
import dev.driftless.events.ToolCallCompensated;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallFailed;
import dev.driftless.events.ToolCallIntended;
import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.History;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Memory;
import dev.driftless.projectors.postgres.EntityTable;
import dev.driftless.projectors.postgres.Rows;
import dev.driftless.schemas.EventType;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What batches do to the tables, folded so that each row is written once. */
final class ContextChanges {

  static final EntityTable PATTERNS =
      EntityTable.of(
          "patterns",
          Kind.PATTERN,
          "tenant text",
          "subject text",
          "pattern_id text",
          "statement text",
          "confidence float8",
          "evidence text[]",
          "reinforcements int4",
          "learned_at timestamptz",
          "reinforced_at timestamptz",
          "log_partition int4",
          "log_offset int8",
          "content_hash bytea");

  static final EntityTable MEMORIES =
      EntityTable.of(
          "memories",
          Kind.MEMORY,
          "tenant text",
          "subject text",
          "memory_id text",
          "kind text",
          "text text",
          "attributes jsonb",
          "remembered_at timestamptz",
          "expires_at timestamptz",
          "log_partition int4",
          "log_offset int8",
          "content_hash bytea");

  static final EntityTable TOOL_CALLS =
      EntityTable.of(
          "open_tool_calls",
          Kind.TOOL_CALL,
          "tenant text",
          "subject text",
          "session text",
          "tool_call_id text",
          "tool text",
          "arguments text",
          "agent text",
          "intended_at timestamptz",
          "log_partition int4",
          "log_offset int8",
          "content_hash bytea");

  static final List<EntityTable> TABLES = List.of(PATTERNS, MEMORIES, TOOL_CALLS);

  private static final String KNOWN =
      """
      SELECT p.tenant, p.subject, p.pattern_id, p.reinforcements, p.learned_at FROM patterns p
      JOIN <rows> ON p.tenant = r.tenant AND p.subject = r.subject AND p.pattern_id = r.pattern_id
      """;

  private final Map<Key, Pattern> patterns = new LinkedHashMap<>();
  private final Map<Key, @Nullable LogRecord> memories = new LinkedHashMap<>();
  private final Map<Key, @Nullable LogRecord> toolCalls = new LinkedHashMap<>();

  private ContextChanges() {}

  /** Whether a table has rows of what this is the history of. */
  static boolean has(History history) {
    return TABLES.stream().anyMatch(table -> table.kind() == history.entity().kind());
  }

  /** The changes by events in offset order. */
  static ContextChanges of(List<LogRecord> events) {
    ContextChanges changes = new ContextChanges();
    events.forEach(changes::add);
    return changes;
  }

  private void add(LogRecord r) {
    Object payload = r.event().getPayload();
    switch (EventType.of(r.event())) {
      case MEMORY_RECORDED, MEMORY_REVISED -> remembered(r, Memory.of(r.event()).memoryId(), r);
      case MEMORY_FORGOTTEN -> remembered(r, ((MemoryForgotten) payload).getMemoryId(), null);
      case TOOL_CALL_INTENDED -> called(r, ((ToolCallIntended) payload).getToolCallId(), r);
      case TOOL_CALL_COMPLETED -> called(r, ((ToolCallCompleted) payload).getToolCallId(), null);
      case TOOL_CALL_FAILED -> called(r, ((ToolCallFailed) payload).getToolCallId(), null);
      case TOOL_CALL_COMPENSATED ->
          called(r, ((ToolCallCompensated) payload).getToolCallId(), null);
      case PATTERN_LEARNED -> learned(r, ((PatternLearned) payload).getPatternId());
      case PATTERN_RETIRED -> retired(r, ((PatternRetired) payload).getPatternId());
      case SESSION_STARTED, MESSAGE_APPENDED, SESSION_ENDED, CHECKPOINT_SAVED, MEMORY_RECALLED -> {
        // of one session, not what the next one begins with
      }
    }
  }

  /**
   * Patterns that were retired in this batch, whether or not they were learned again after that.
   */
  Rows retired() {
    Rows rows = Rows.of("tenant text", "subject text", "pattern_id text");
    patterns.forEach(
        (key, pattern) -> {
          if (pattern.retired) {
            rows.add(key.tenant, key.subject, key.id);
          }
        });
    return rows;
  }

  /** Patterns that are learned at the end of this batch, after what is stored of them. */
  Rows learned(Handle handle) {
    Rows keys = Rows.of("tenant text", "subject text", "pattern_id text");
    patterns.forEach(
        (key, pattern) -> {
          if (pattern.last != null) {
            keys.add(key.tenant, key.subject, key.id);
          }
        });
    Map<Key, Known> known = new HashMap<>();
    keys.query(handle, KNOWN, (rs, ctx) -> known.put(Key.ofPattern(rs), Known.of(rs)));
    return learned(known);
  }

  private Rows learned(Map<Key, Known> known) {
    Rows rows = PATTERNS.rows();
    patterns.forEach(
        (key, pattern) -> {
          LogRecord last = pattern.last;
          if (last != null) {
            PatternLearned learned = (PatternLearned) last.event().getPayload();
            Known before = known.getOrDefault(key, new Known(0, pattern.learnedAt));
            int reinforcements = before.reinforcements + pattern.times;
            rows.add(
                key.tenant,
                key.subject,
                key.id,
                learned.getStatement(),
                learned.getConfidence(),
                learned.getEvidence(),
                reinforcements,
                before.learnedAt,
                last.logTime(),
                last.partition(),
                last.offset(),
                ContextProjector.patternHash(learned, reinforcements, before.learnedAt));
          }
        });
    return rows;
  }

  Rows forgotten() {
    Rows rows = Rows.of("tenant text", "subject text", "memory_id text");
    memories.forEach(
        (key, last) -> {
          if (last == null) {
            rows.add(key.tenant, key.subject, key.id);
          }
        });
    return rows;
  }

  Rows remembered() {
    Rows rows = MEMORIES.rows();
    memories.forEach(
        (key, last) -> {
          if (last != null) {
            Memory memory = Memory.of(last.event());
            rows.add(
                key.tenant,
                key.subject,
                key.id,
                memory.kind().name(),
                memory.text(),
                memory.attributes(),
                last.logTime(),
                memory.expiresAt(),
                last.partition(),
                last.offset(),
                memory.contentHash());
          }
        });
    return rows;
  }

  Rows settled() {
    Rows rows = Rows.of("tenant text", "subject text", "session text", "tool_call_id text");
    toolCalls.forEach(
        (key, last) -> {
          if (last == null) {
            rows.add(key.tenant, key.subject, key.session, key.id);
          }
        });
    return rows;
  }

  Rows intended() {
    Rows rows = TOOL_CALLS.rows();
    toolCalls.forEach(
        (key, last) -> {
          if (last != null) {
            ToolCallIntended intended = (ToolCallIntended) last.event().getPayload();
            rows.add(
                key.tenant,
                key.subject,
                key.session,
                key.id,
                intended.getTool(),
                intended.getArguments(),
                last.event().getAgent(),
                last.logTime(),
                last.partition(),
                last.offset(),
                ContextProjector.toolCallHash(key.session, intended, last.event().getAgent()));
          }
        });
    return rows;
  }

  /** What there is of an entity once these events are all that ever were of it. */
  List<HeldRow> held(Kind kind) {
    return switch (kind) {
      case PATTERN -> PATTERNS.held(learned(Map.of()));
      case MEMORY -> MEMORIES.held(remembered());
      case TOOL_CALL -> TOOL_CALLS.held(intended());
      default -> List.of();
    };
  }

  private void remembered(LogRecord r, String memoryId, @Nullable LogRecord last) {
    memories.put(Key.of(r, "", memoryId), last);
  }

  private void called(LogRecord r, String toolCallId, @Nullable LogRecord last) {
    toolCalls.put(Key.of(r, session(r.event()), toolCallId), last);
  }

  private void learned(LogRecord r, String patternId) {
    patterns.merge(
        Key.of(r, "", patternId), new Pattern(false, 1, r.logTime(), r), Pattern::reinforcedBy);
  }

  private void retired(LogRecord r, String patternId) {
    patterns.put(Key.of(r, "", patternId), new Pattern(true, 0, r.logTime(), null));
  }

  private static String session(MemoryEvent event) {
    return event.getSession() == null ? "" : event.getSession();
  }

  /** {@code session} is empty where the id is the subject's own. */
  private record Key(String tenant, String subject, String session, String id) {
    static Key of(LogRecord r, String session, String id) {
      return new Key(r.event().getTenant(), r.event().getSubject(), session, id);
    }

    static Key ofPattern(ResultSet rs) throws SQLException {
      return new Key(rs.getString(1), rs.getString(2), "", rs.getString(3));
    }
  }

  /**
   * What a batch says of one pattern.
   *
   * @param retired whether it was, at any point; what follows counts from there
   * @param times how often it was learned since
   * @param learnedAt when first
   * @param last null if it is not learned at the end
   */
  private record Pattern(boolean retired, int times, Instant learnedAt, @Nullable LogRecord last) {
    Pattern reinforcedBy(Pattern next) {
      return new Pattern(retired, times + 1, times == 0 ? next.learnedAt : learnedAt, next.last);
    }
  }

  /** What is stored of a pattern. */
  private record Known(int reinforcements, Instant learnedAt) {
    static Known of(ResultSet rs) throws SQLException {
      OffsetDateTime learnedAt = rs.getObject(5, OffsetDateTime.class);
      return new Known(rs.getInt(4), Objects.requireNonNull(learnedAt).toInstant());
    }
  }
}
