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
import dev.driftless.projectors.postgres.StateTable;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What batches do to {@code sessions} and {@code messages}, their pasts, and {@code checkpoints}.
 */
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

  static final StateTable SESSION_STATES = new StateTable(SESSIONS, UPSERT_SESSIONS);
  static final StateTable MESSAGE_STATES = new StateTable(MESSAGES, UPSERT_MESSAGES);

  /** Starts and ends of each session, in order. */
  private final Map<List<String>, List<LogRecord>> sessions = new LinkedHashMap<>();

  /** Of each id, in order. */
  private final Map<List<String>, List<StateTable.State>> messages = new LinkedHashMap<>();

  private final Map<List<String>, LogRecord> checkpoints = new LinkedHashMap<>();

  void startedOrEnded(LogRecord r) {
    sessions.computeIfAbsent(key(r), k -> new ArrayList<>()).add(r);
  }

  void appended(LogRecord r) {
    List<String> key = key(r, ((MessageAppended) r.event().getPayload()).getMessageId());
    messages
        .computeIfAbsent(key, k -> new ArrayList<>())
        .add(new StateTable.State(r, message(key, r)));
  }

  void saved(LogRecord r) {
    checkpoints.put(key(r, ((CheckpointSaved) r.event().getPayload()).getStep()), r);
  }

  void write(Handle handle) {
    SESSION_STATES.write(handle, sessions(known(handle)));
    MESSAGE_STATES.write(handle, messages.values());
    checkpoints().execute(handle, UPSERT_CHECKPOINTS);
  }

  /** The rows that there are once all events of these are written. */
  Stream<HeldRow> held() {
    return Stream.of(
            SESSION_STATES.held(sessions(Map.of())),
            MESSAGE_STATES.held(messages.values()),
            CHECKPOINTS.held(checkpoints()).stream())
        .flatMap(rows -> rows);
  }

  private List<List<StateTable.State>> sessions(Map<List<String>, Session> known) {
    List<List<StateTable.State>> states = new ArrayList<>();
    sessions.forEach(
        (key, history) -> {
          List<StateTable.State> ofSession = new ArrayList<>();
          Session session = known.getOrDefault(key, Session.UNKNOWN);
          for (LogRecord r : history) {
            session = session.then(r);
            ofSession.add(new StateTable.State(r, session(key, r, session)));
          }
          states.add(ofSession);
        });
    return states;
  }

  private static @Nullable Object[] session(List<String> key, LogRecord r, Session s) {
    String agent = r.event().getAgent();
    return new @Nullable Object[] {
      key.get(0),
      key.get(1),
      key.get(2),
      agent,
      s.attributes,
      s.startedAt,
      s.endedAt,
      s.endReason,
      r.partition(),
      r.offset(),
      s.hash(agent)
    };
  }

  /** What is stored of the sessions that end here before they start. */
  private Map<List<String>, Session> known(Handle handle) {
    Rows keys = Rows.of("tenant text", "subject text", "session text");
    sessions.forEach(
        (key, history) -> {
          if (history.get(0).event().getPayload() instanceof SessionEnded) {
            keys.add(key.get(0), key.get(1), key.get(2));
          }
        });
    Map<List<String>, Session> known = new LinkedHashMap<>();
    keys.query(
        handle,
        KNOWN_SESSIONS,
        (rs, ctx) -> {
          OffsetDateTime startedAt = rs.getObject(5, OffsetDateTime.class);
          return known.put(
              List.of(rs.getString(1), rs.getString(2), rs.getString(3)),
              new Session(
                  Json.map(rs.getString(4)),
                  startedAt == null ? null : startedAt.toInstant(),
                  null,
                  null));
        });
    return known;
  }

  private static @Nullable Object[] message(List<String> key, LogRecord r) {
    MemoryEvent event = r.event();
    MessageAppended m = (MessageAppended) event.getPayload();
    byte[] hash =
        new ContentHash()
            .add(m.getRole().name())
            .add(m.getContent())
            .add(Rows.arrayLiteral(m.getToolCallIds()))
            .add(m.getToolCallId())
            .digest();
    return new @Nullable Object[] {
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
      hash
    };
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

  /** A session as the log has told it so far; a new start begins it anew. */
  private record Session(
      Map<String, String> attributes,
      @Nullable Instant startedAt,
      @Nullable Instant endedAt,
      @Nullable String endReason) {

    static final Session UNKNOWN = new Session(Map.of(), null, null, null);

    Session then(LogRecord r) {
      return r.event().getPayload() instanceof SessionStarted started
          ? new Session(started.getAttributes(), r.logTime(), null, null)
          : new Session(
              attributes,
              startedAt,
              r.logTime(),
              ((SessionEnded) r.event().getPayload()).getReason());
    }

    byte[] hash(String agent) {
      return new ContentHash()
          .add(agent)
          .add(attributes)
          .add(startedAt)
          .add(endedAt)
          .add(endReason)
          .digest();
    }
  }
}
