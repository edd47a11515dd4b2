package dev.driftless.projectors.relational;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Memory;
import dev.driftless.projectors.postgres.EntityTable;
import dev.driftless.projectors.postgres.Rows;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What batches do to {@code memories} and {@code memory_versions}. */
final class MemoryTables {

  static final EntityTable MEMORIES =
      EntityTable.of(
          "memories",
          Entity.Kind.MEMORY,
          "tenant text",
          "subject text",
          "memory_id text",
          "kind text",
          "text text",
          "attributes jsonb",
          "agent text",
          "session text",
          "recorded_at timestamptz",
          "revised_at timestamptz",
          "expires_at timestamptz",
          "log_partition int4",
          "log_offset int8",
          "content_hash bytea");

  static final EntityTable VERSIONS =
      EntityTable.perEvent(
          "memory_versions",
          Entity.Kind.MEMORY,
          "tenant text",
          "subject text",
          "memory_id text",
          "kind text",
          "text text",
          "attributes jsonb",
          "agent text",
          "session text",
          "expires_at timestamptz",
          "valid_from timestamptz",
          "valid_to timestamptz",
          "valid_to_offset int8",
          "log_partition int4",
          "log_offset int8",
          "content_hash bytea");

  private static final String UPSERT =
      """
      INSERT INTO memories (tenant, subject, memory_id, kind, text, attributes, agent, session,
        recorded_at, revised_at, expires_at, log_partition, log_offset, content_hash)
      SELECT tenant, subject, memory_id, kind, text, attributes, agent, session,
        recorded_at, revised_at, expires_at, log_partition, log_offset, content_hash FROM <rows>
      ON CONFLICT (tenant, subject, memory_id) DO UPDATE SET
        kind = excluded.kind, text = excluded.text, attributes = excluded.attributes, agent = excluded.agent,
        session = excluded.session, revised_at = excluded.revised_at, expires_at = excluded.expires_at,
        log_offset = excluded.log_offset, content_hash = excluded.content_hash
      """;

  private static final String DELETE =
      """
      DELETE FROM memories m USING <rows>
      WHERE m.tenant = r.tenant AND m.subject = r.subject AND m.memory_id = r.memory_id
      """;

  private static final String CLOSE_VERSION =
      """
      UPDATE memory_versions v SET valid_to = r.at, valid_to_offset = r.log_offset FROM <rows>
      WHERE v.tenant = r.tenant AND v.subject = r.subject AND v.memory_id = r.memory_id
        AND v.valid_to_offset IS NULL AND v.log_offset < r.log_offset
      """;

  private static final String INSERT_VERSION =
      """
      INSERT INTO memory_versions (tenant, subject, memory_id, kind, text, attributes, agent, session, expires_at,
        valid_from, valid_to, valid_to_offset, log_partition, log_offset, content_hash)
      SELECT tenant, subject, memory_id, kind, text, attributes, agent, session, expires_at,
        valid_from, valid_to, valid_to_offset, log_partition, log_offset, content_hash FROM <rows>
      ON CONFLICT (tenant, subject, memory_id, log_offset) DO NOTHING
      """;

  /** The events of each memory, in order. */
  private final Map<Key, List<State>> states = new LinkedHashMap<>();

  void remembered(LogRecord r) {
    Memory memory = Memory.of(r.event());
    add(r, memory.memoryId(), memory);
  }

  void forgotten(LogRecord r, MemoryForgotten forgotten) {
    add(r, forgotten.getMemoryId(), null);
  }

  void write(Handle handle) {
    ended().execute(handle, CLOSE_VERSION);
    versions().execute(handle, INSERT_VERSION);
    forgotten().execute(handle, DELETE);
    memories().execute(handle, UPSERT);
  }

  /** The rows that there are once all events of these memories are written. */
  Stream<HeldRow> held() {
    return Stream.concat(VERSIONS.held(versions()).stream(), MEMORIES.held(memories()).stream());
  }

  /** When the version ends that earlier batches left open. */
  private Rows ended() {
    Rows rows =
        Rows.of(
            "tenant text", "subject text", "memory_id text", "at timestamptz", "log_offset int8");
    states.forEach(
        (key, history) -> {
          LogRecord first = history.get(0).r;
          rows.add(key.tenant, key.subject, key.id, first.logTime(), first.offset());
        });
    return rows;
  }

  private Rows versions() {
    Rows rows = VERSIONS.rows();
    states.forEach(
        (key, history) -> {
          for (int i = 0; i < history.size(); i++) {
            LogRecord next = i + 1 < history.size() ? history.get(i + 1).r : null;
            addVersion(rows, key, history.get(i), next);
          }
        });
    return rows;
  }

  private static void addVersion(Rows versions, Key key, State state, @Nullable LogRecord next) {
    Memory m = state.memory;
    if (m == null) {
      return;
    }
    LogRecord r = state.r;
    versions.add(
        key.tenant,
        key.subject,
        key.id,
        m.kind().name(),
        m.text(),
        m.attributes(),
        r.event().getAgent(),
        r.event().getSession(),
        m.expiresAt(),
        r.logTime(),
        next == null ? null : next.logTime(),
        next == null ? null : next.offset(),
        r.partition(),
        r.offset(),
        m.contentHash());
  }

  private Rows forgotten() {
    Rows rows = Rows.of("tenant text", "subject text", "memory_id text");
    states.forEach(
        (key, history) -> {
          if (history.stream().anyMatch(state -> state.memory == null)) {
            rows.add(key.tenant, key.subject, key.id);
          }
        });
    return rows;
  }

  private Rows memories() {
    Rows rows = MEMORIES.rows();
    states.forEach(
        (key, history) -> {
          State last = history.get(history.size() - 1);
          Memory m = last.memory;
          if (m == null) {
            return;
          }
          LogRecord r = last.r;
          rows.add(
              key.tenant,
              key.subject,
              key.id,
              m.kind().name(),
              m.text(),
              m.attributes(),
              r.event().getAgent(),
              r.event().getSession(),
              recordedAt(history),
              r.logTime(),
              m.expiresAt(),
              r.partition(),
              r.offset(),
              m.contentHash());
        });
    return rows;
  }

  /** Of the first state since the memory was last forgotten. */
  private static Instant recordedAt(List<State> history) {
    Instant recordedAt = history.get(history.size() - 1).r.logTime();
    for (int i = history.size() - 1; i >= 0 && history.get(i).memory != null; i--) {
      recordedAt = history.get(i).r.logTime();
    }
    return recordedAt;
  }

  private void add(LogRecord r, String memoryId, @Nullable Memory memory) {
    MemoryEvent event = r.event();
    states
        .computeIfAbsent(
            new Key(event.getTenant(), event.getSubject(), memoryId), k -> new ArrayList<>())
        .add(new State(r, memory));
  }

  private record Key(String tenant, String subject, String id) {}

  /** One event of a memory; null once it is forgotten. */
  private record State(LogRecord r, @Nullable Memory memory) {}
}
