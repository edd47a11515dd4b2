package dev.driftless.projectors.relational;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.ToolCallCompensated;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallFailed;
import dev.driftless.events.ToolCallIntended;
import dev.driftless.projectors.ContentHash;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.postgres.EntityTable;
import dev.driftless.projectors.postgres.Rows;
import dev.driftless.projectors.postgres.StateTable;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What batches do to {@code tool_calls} and {@code past_tool_calls}. */
final class ToolCallTable {

  static final EntityTable TOOL_CALLS =
      EntityTable.of(
          "tool_calls",
          Entity.Kind.TOOL_CALL,
          "tenant text",
          "subject text",
          "session text",
          "tool_call_id text",
          "tool text",
          "arguments text",
          "status text",
          "result text",
          "error text",
          "compensation text",
          "agent text",
          "intended_at timestamptz",
          "settled_at timestamptz",
          "log_partition int4",
          "log_offset int8",
          "content_hash bytea");

  private static final String KNOWN =
      """
      SELECT t.* FROM tool_calls t
      JOIN <rows> ON t.tenant = r.tenant AND t.subject = r.subject AND t.session = r.session
        AND t.tool_call_id = r.tool_call_id
      """;

  private static final String UPSERT =
      """
      INSERT INTO tool_calls (tenant, subject, session, tool_call_id, tool, arguments, status, result, error,
        compensation, agent, intended_at, settled_at, log_partition, log_offset, content_hash)
      SELECT tenant, subject, session, tool_call_id, tool, arguments, status, result, error,
        compensation, agent, intended_at, settled_at, log_partition, log_offset, content_hash FROM <rows>
      ON CONFLICT (tenant, subject, session, tool_call_id) DO UPDATE SET
        tool = excluded.tool, arguments = excluded.arguments, status = excluded.status, result = excluded.result,
        error = excluded.error, compensation = excluded.compensation, agent = excluded.agent,
        intended_at = excluded.intended_at, settled_at = excluded.settled_at,
        log_offset = excluded.log_offset, content_hash = excluded.content_hash
      """;

  static final StateTable STATES = new StateTable(TOOL_CALLS, UPSERT);

  private final Map<Key, List<LogRecord>> events = new LinkedHashMap<>();

  void add(LogRecord r) {
    events.computeIfAbsent(key(r), k -> new ArrayList<>()).add(r);
  }

  void write(Handle handle) {
    STATES.write(handle, states(known(handle)));
  }

  /** The rows that there are once all events of these calls are written. */
  Stream<HeldRow> held() {
    return STATES.held(states(Map.of()));
  }

  private List<List<StateTable.State>> states(Map<Key, State> known) {
    List<List<StateTable.State>> states = new ArrayList<>();
    events.forEach(
        (key, history) -> {
          List<StateTable.State> ofCall = new ArrayList<>();
          State state = known.getOrDefault(key, State.UNKNOWN);
          for (LogRecord r : history) {
            state = state.then(r);
            ofCall.add(new StateTable.State(r, row(key, r, state)));
          }
          states.add(ofCall);
        });
    return states;
  }

  private static @Nullable Object[] row(Key key, LogRecord r, State state) {
    return new @Nullable Object[] {
      key.tenant,
      key.subject,
      key.session,
      key.id,
      state.tool,
      state.arguments,
      state.status,
      state.result,
      state.error,
      state.compensation,
      r.event().getAgent(),
      state.intendedAt,
      state.settledAt,
      r.partition(),
      r.offset(),
      state.hash()
    };
  }

  /** The stored state of the calls whose intent is not in this batch. */
  private Map<Key, State> known(Handle handle) {
    Rows keys = Rows.of("tenant text", "subject text", "session text", "tool_call_id text");
    events.forEach(
        (key, history) -> {
          if (!(history.get(0).event().getPayload() instanceof ToolCallIntended)) {
            keys.add(key.tenant, key.subject, key.session, key.id);
          }
        });
    Map<Key, State> known = new LinkedHashMap<>();
    keys.query(handle, KNOWN, (rs, ctx) -> known.put(Key.of(rs), State.of(rs)));
    return known;
  }

  private static Key key(LogRecord r) {
    MemoryEvent e = r.event();
    Object payload = e.getPayload();
    String id;
    if (payload instanceof ToolCallIntended p) {
      id = p.getToolCallId();
    } else if (payload instanceof ToolCallCompleted p) {
      id = p.getToolCallId();
    } else if (payload instanceof ToolCallFailed p) {
      id = p.getToolCallId();
    } else {
      id = ((ToolCallCompensated) payload).getToolCallId();
    }
    return new Key(e.getTenant(), e.getSubject(), e.getSession(), id);
  }

  private record Key(String tenant, String subject, String session, String id) {
    static Key of(ResultSet rs) throws SQLException {
      return new Key(
          rs.getString("tenant"),
          rs.getString("subject"),
          rs.getString("session"),
          rs.getString("tool_call_id"));
    }
  }

  /** One call as the log has told it so far; a new intent begins it anew. */
  private record State(
      String tool,
      String arguments,
      String status,
      @Nullable String result,
      @Nullable String error,
      @Nullable String compensation,
      @Nullable Instant intendedAt,
      @Nullable Instant settledAt) {

    static final State UNKNOWN = new State("", "", "", null, null, null, null, null);

    static State of(ResultSet rs) throws SQLException {
      return new State(
          rs.getString("tool"),
          rs.getString("arguments"),
          rs.getString("status"),
          rs.getString("result"),
          rs.getString("error"),
          rs.getString("compensation"),
          instant(rs, "intended_at"),
          instant(rs, "settled_at"));
    }

    State then(LogRecord r) {
      Object payload = r.event().getPayload();
      if (payload instanceof ToolCallIntended p) {
        return new State(
            p.getTool(), p.getArguments(), "INTENDED", null, null, null, r.logTime(), null);
      } else if (payload instanceof ToolCallCompleted p) {
        return new State(
            p.getTool(),
            p.getArguments(),
            "COMPLETED",
            p.getResult(),
            error,
            compensation,
            intendedAt,
            r.logTime());
      } else if (payload instanceof ToolCallFailed p) {
        return new State(
            p.getTool(),
            p.getArguments(),
            "FAILED",
            result,
            p.getError(),
            compensation,
            intendedAt,
            r.logTime());
      }
      ToolCallCompensated p = (ToolCallCompensated) payload;
      return new State(
          p.getTool(),
          p.getArguments(),
          "COMPENSATED",
          result,
          error,
          p.getCompensation(),
          intendedAt,
          r.logTime());
    }

    byte[] hash() {
      return new ContentHash()
          .add(tool)
          .add(arguments)
          .add(status)
          .add(result)
          .add(error)
          .add(compensation)
          .add(intendedAt)
          .add(settledAt)
          .digest();
    }

    private static @Nullable Instant instant(ResultSet rs, String column) throws SQLException {
      OffsetDateTime time = rs.getObject(column, OffsetDateTime.class);
      return time == null ? null : time.toInstant();
    }
  }
}
