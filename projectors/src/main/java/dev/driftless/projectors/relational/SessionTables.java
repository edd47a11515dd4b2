package dev.driftless.projectors.relational;

import dev.driftless.events.CheckpointSaved;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.SessionEnded;
import dev.driftless.events.SessionStarted;
import dev.driftless.projectors.ContentHash;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.postgres.EntityTable;
import dev.driftless.projectors.postgres.Rows;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What one batch does to {@code sessions}, {@code messages} and {@code checkpoints}. */
final class SessionTables {

  static final EntityTable SESSIONS =
      EntityTable.of(
          "sessions",
          Entity.Kind.SESSION,
          "tenant text",
          "subject text",
          "session text",
          "agent text",
          "attributes jsonb",
          "started_at timestamptz",
          "ended_at timestamptz",
          "end_reason text",
          "log_partition int4",
          "log_offset int8",
          "content_hash bytea");

  static final EntityTable MESSAGES =
      EntityTable.of(
          "messages",
          Entity.Kind.MESSAGE,
          "tenant text",
          "subject text",
          "session text",
          "message_id text",
          "role text",
          "content text",
          "tool_call_ids text[]",
          "tool_call_id text",
          "agent text",
          "occurred_at timestamptz",
          "appended_at timestamptz",
          "log_partition int4",
          "log_offset int8",
          "content_hash bytea");

  static final EntityTable CHECKPOINTS =
      EntityTable.of(
          "checkpoints",
          Entity.Kind.CHECKPOINT,
          "tenant text",
          "subject text",
          "session text",
          "step text",
          "state text",
          "agent text",
          "saved_at timestamptz",
          "log_partition int4",
          "log_offset int8",
          "content_hash bytea");

  private static final String KNOWN_SESSIONS =
      """
      SELECT s.tenant, s.subject, s.session, s.attributes, s.started_at FROM sessions s
      JOIN <rows> ON s.tenant = r.tenant AND s.subject = r.subject AND s.session = r.session
      """;

  private static final String UPSERT_SESSIONS =
      """
      INSERT INTO sessions AS s (tenant, subject, session, agent, attributes, started_at, ended_at, end_reason,
        log_partition, log_offset, content_hash)
      SELECT tenant, subject, session, agent, attributes, started_at, ended_at, end_reason,
        log_partition, log_offset, content_hash FROM <rows>
      ON CONFLICT (tenant, subject, session) DO UPDATE SET
        agent = excluded.agent, attributes = excluded.attributes, started_at = excluded.started_at,
        ended_at = excluded.ended_at, end_reason = excluded.end_reason,
        log_offset = excluded.log_offset, content_hash = excluded.content_hash
      """;

  private static final String UPSERT_MESSAGES =
      """
      INSERT INTO messages (tenant, subject, session, message_id, role, content, tool_call_ids, tool_call_id, agent,
        occurred_at, appended_at, log_partition, log_offset, content_hash)
      SELECT tenant, subject, session, message_id, role, content, tool_call_ids, tool_call_id, agent,
        occurred_at, appended_at, log_partition, log_offset, content_hash FROM <rows>
      ON CONFLICT (tenant, subject, session, message_id) DO UPDATE SET
        role = excluded.role, content = excluded.content, tool_call_ids = excluded.tool_call_ids,
        tool_call_id = excluded.tool_call_id, agent = excluded.agent, occurred_at = excluded.occurred_at,
        appended_at = excluded.appended_at, log_offset = excluded.log_offset, content_hash = excluded.content_hash
      """;

  private static final String UPSERT_CHECKPOINTS =
      """
      INSERT INTO checkpoints (tenant, subject, session, step, state, agent, saved_at,
        log_partition, log_offset, content_hash)
      SELECT tenant, subject, session, step, state, agent, saved_at, log_partition, log_offset, content_hash FROM <rows>
      ON CONFLICT (tenant, subject, session, step) DO UPDATE SET
        state = excluded.state, agent = excluded.agent, saved_at = excluded.saved_at,
        log_offset = excluded.log_offset, content_hash = excluded.content_hash
      """;

  private final Map<List<String>, Session> sessions = new LinkedHashMap<>();
  private final Map<List<String>, LogRecord> messages = new LinkedHashMap<>();
  private final Map<List<String>, LogRecord> checkpoints = new LinkedHashMap<>();

  void started(LogRecord r) {
    Map<String, String> attributes = ((SessionStarted) r.event().getPayload()).getAttributes();
    sessions.put(key(r), new Session(r, attributes, r.logTime(), null, null));
  }

  void ended(LogRecord r) {
    String reason = ((SessionEnded) r.event().getPayload()).getReason();
    sessions.compute(
        key(r),
        (k, before) ->
            new Session(
                r,
                before == null ? Map.of() : before.attributes,
                before == null ? null : before.startedAt,
                r.logTime(),
                reason));
  }

  void appended(LogRecord r) {
    messages.put(key(r, ((MessageAppended) r.event().getPayload()).getMessageId()), r);
  }

  void saved(LogRecord r) {
    checkpoints.put(key(r, ((CheckpointSaved) r.event().getPayload()).getStep()), r);
  }

  void write(Handle handle) {
    readKnownStarts(handle);
    sessions().execute(handle, UPSERT_SESSIONS);
    messages().execute(handle, UPSERT_MESSAGES);
    checkpoints().execute(handle, UPSERT_CHECKPOINTS);
  }

  /** The rows that there are once all events of these are written. */
  Stream<HeldRow> held() {
    return Stream.of(
            SESSIONS.held(sessions()), MESSAGES.held(messages()), CHECKPOINTS.held(checkpoints()))
        .flatMap(List::stream);
  }

  private Rows sessions() {
    Rows rows = SESSIONS.rows();
    sessions.forEach(
        (key, s) -> {
          String agent = s.last.event().getAgent();
          byte[] hash =
              new ContentHash()
                  .add(agent)
                  .add(s.attributes)
                  .add(s.startedAt)
                  .add(s.endedAt)
                  .add(s.endReason)
                  .digest();
          rows.add(
              key.get(0),
              key.get(1),
              key.get(2),
              agent,
              s.attributes,
              s.startedAt,
              s.endedAt,
              s.endReason,
              s.last.partition(),
              s.last.offset(),
              hash);
        });
    return rows;
  }

  /** A session that ends in this batch keeps the start that an earlier batch wrote. */
  private void readKnownStarts(Handle handle) {
    Rows unknown = Rows.of("tenant text", "subject text", "session text");
    sessions.forEach(
        (key, s) -> {
          if (s.startedAt == null) {
            unknown.add(key.get(0), key.get(1), key.get(2));
          }
        });
    unknown.query(
        handle,
        KNOWN_SESSIONS,
        (rs, ctx) -> {
          List<String> key = List.of(rs.getString(1), rs.getString(2), rs.getString(3));
          OffsetDateTime startedAt = rs.getObject(5, OffsetDateTime.class);
          Session s = Objects.requireNonNull(sessions.get(key));
          return sessions.put(
              key,
              new Session(
                  s.last,
                  Json.map(rs.getString(4)),
                  startedAt == null ? null : startedAt.toInstant(),
                  s.endedAt,
                  s.endReason));
        });
  }

  private Rows messages() {
    Rows rows = MESSAGES.rows();
    messages.forEach(
        (key, r) -> {
          MemoryEvent event = r.event();
          MessageAppended m = (MessageAppended) event.getPayload();
          byte[] hash =
              new ContentHash()
                  .add(m.getRole().name())
                  .add(m.getContent())
                  .add(Rows.arrayLiteral(m.getToolCallIds()))
                  .add(m.getToolCallId())
                  .digest();
          rows.add(
              key.get(0),
              key.get(1),
              key.get(2),
              key.get(3),
              m.getRole().name(),
              m.getContent(),
              m.getToolCallIds(),
              m.getToolCallId(),
              event.getAgent(),
              event.getOccurredAt(),
              r.logTime(),
              r.partition(),
              r.offset(),
              hash);
        });
    return rows;
  }

  private Rows checkpoints() {
    Rows rows = CHECKPOINTS.rows();
    checkpoints.forEach(
        (key, r) -> {
          CheckpointSaved c = (CheckpointSaved) r.event().getPayload();
          rows.add(
              key.get(0),
              key.get(1),
              key.get(2),
              key.get(3),
              c.getState(),
              r.event().getAgent(),
              r.logTime(),
              r.partition(),
              r.offset(),
              new ContentHash().add(c.getState()).digest());
        });
    return rows;
  }

  private static List<String> key(LogRecord r) {
    MemoryEvent event = r.event();
    return List.of(event.getTenant(), event.getSubject(), event.getSession());
  }

  private static List<String> key(LogRecord r, String id) {
    MemoryEvent event = r.event();
    return List.of(event.getTenant(), event.getSubject(), event.getSession(), id);
  }

  /** A session as this batch leaves it. */
  private record Session(
      LogRecord last,
      Map<String, String> attributes,
      @Nullable Instant startedAt,
      @Nullable Instant endedAt,
      @Nullable String endReason) {}
}
