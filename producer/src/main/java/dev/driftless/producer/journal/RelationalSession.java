package dev.driftless.producer.journal;

import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.Receipt;
import dev.driftless.producer.SetAsideException;
import dev.driftless.producer.View;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.jdbi.v3.core.statement.StatementExceptions.MessageRendering;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A session in the relational view. Safe to share between threads. */
final class RelationalSession implements SessionStore {

  /**
   * The checkpoint and the calls, in the order of the log, each with the position that all of it is
   * as of: one statement, so one snapshot, and of one generation of the view.
   */
  private static final String READ =
      """
      WITH last AS (
        SELECT * FROM <schema>.checkpoints
        WHERE tenant = :tenant AND subject = :subject AND session = :session
        ORDER BY log_offset DESC LIMIT 1
      )
      SELECT p.topic_id, p.position, r.* FROM <schema>.view_positions p LEFT JOIN (
        SELECT step, state, NULL AS tool_call_id, NULL AS tool, NULL AS arguments, NULL AS status,
          NULL AS result, NULL AS error, NULL AS compensation, agent, log_offset
        FROM last
        UNION ALL
        SELECT NULL, NULL, tool_call_id, tool, arguments, status,
          result, error, compensation, agent, log_offset
        FROM <schema>.tool_calls
        WHERE tenant = :tenant AND subject = :subject AND session = :session
          AND (status = 'INTENDED' OR tool = :sagaTool OR starts_with(tool_call_id, :steps)
            OR log_offset > (SELECT coalesce(max(log_offset), -1) FROM last))
      ) r ON true
      WHERE p.partition = :partition
      ORDER BY r.log_offset
      """;

  /** No such table or schema. */
  private static final Set<String> ABSENT = Set.of("42P01", "3F000");

  private static final Logger LOG = LoggerFactory.getLogger(RelationalSession.class);
  private static final long POLL_MS = 50;

  private final MemoryLog log;
  private final AgentSession session;
  private final String schema;
  private final Jdbi jdbi;

  RelationalSession(MemoryLog log, DataSource relational, AgentSession session) {
    this.log = log;
    this.session = session;
    this.schema = log.names().place("_", "driftless");
    this.jdbi = Jdbi.create(relational);
    this.jdbi.getConfig(StatementExceptions.class).setMessageRendering(MessageRendering.NONE);
  }

  @Override
  public SessionState read(@Nullable String saga, Duration timeout) {
    Optional<Receipt> end = log.end(session.tenant(), session.subject());
    if (end.isEmpty()) {
      return SessionState.EMPTY;
    }
    return read(saga, end.get(), System.nanoTime() + timeout.toNanos());
  }

  @Override
  public Lock lock() {
    return AdvisoryLock.take(jdbi, schema, session);
  }

  /** What the view told of itself may be older than its tables, if these were emptied since. */
  private SessionState read(@Nullable String saga, Receipt end, long deadline) {
    while (true) {
      await(end, Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
      Read read = read(saga, end.partition());
      if (read.shows(end)) {
        return state(read.rows);
      }
      if (System.nanoTime() - deadline > 0) {
        throw elsewhere(end, read);
      }
      pause();
    }
  }

  private void await(Receipt end, Duration timeout) {
    try {
      log.awaitVisible(List.of(end), List.of(View.RELATIONAL), timeout);
    } catch (SetAsideException e) {
      // It is no event of a journal, since an append takes none that the view could not hold; the
      // tables tell when the view is past it.
      LOG.debug("the log ends with a record that was set aside", e);
    }
  }

  private Read read(@Nullable String saga, int partition) {
    try {
      return new Read(jdbi.inTransaction(handle -> rows(handle, saga, partition)), null);
    } catch (RuntimeException e) {
      if (e.getCause() instanceof SQLException sql && ABSENT.contains(sql.getSQLState())) {
        return new Read(List.of(), e);
      }
      throw e;
    }
  }

  private static void pause() {
    try {
      Thread.sleep(POLL_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for the relational view", e);
    }
  }

  private List<Row> rows(Handle handle, @Nullable String saga, int partition) {
    return handle
        .createQuery(READ.replace("<schema>", schema))
        .bind("tenant", session.tenant())
        .bind("subject", session.subject())
        .bind("session", session.session())
        .bind("sagaTool", Saga.TOOL)
        .bind("steps", saga == null ? null : Saga.stepId(saga, ""))
        .bind("partition", partition)
        .map((rs, ctx) -> Row.of(rs))
        .list();
  }

  private IllegalStateException elsewhere(Receipt end, Read read) {
    return new IllegalStateException(
        "the relational view shows partition %d of topic id %s up to offset %d, but in the DataSource's schema %s %s: is that a replica, another installation, or a view that was emptied?"
            .formatted(end.partition(), end.topicId(), end.offset(), schema, read.found()),
        read.absence);
  }

  private static SessionState state(List<Row> rows) {
    List<ToolCall> before = new ArrayList<>();
    List<ToolCall> since = new ArrayList<>();
    Checkpoint checkpoint = null;
    for (Row row : rows) {
      if (row.checkpoint != null) {
        checkpoint = row.checkpoint;
        before.addAll(since);
        since.clear();
      } else if (row.call != null) {
        since.add(row.call);
      }
    }
    return new SessionState(
        List.copyOf(before), Optional.ofNullable(checkpoint), List.copyOf(since));
  }

  /**
   * What the tables held.
   *
   * @param absence what the server said if there are none
   */
  private record Read(List<Row> rows, @Nullable RuntimeException absence) {

    boolean shows(Receipt end) {
      return !rows.isEmpty()
          && end.topicId().equals(rows.get(0).topicId)
          && rows.get(0).position > end.offset();
    }

    String found() {
      if (rows.isEmpty()) {
        return absence == null ? "there is nothing of that partition" : "there is no such view";
      }
      return "it is at %d of topic id %s".formatted(rows.get(0).position, rows.get(0).topicId);
    }
  }

  /** A checkpoint, a call, or nothing but the position. */
  private record Row(
      @Nullable String topicId,
      long position,
      @Nullable Checkpoint checkpoint,
      @Nullable ToolCall call) {

    static Row of(ResultSet rs) throws SQLException {
      String step = rs.getString("step");
      String toolCallId = rs.getString("tool_call_id");
      return new Row(
          rs.getString("topic_id"),
          rs.getLong("position"),
          step == null ? null : new Checkpoint(step, rs.getString("state")),
          toolCallId == null ? null : call(rs, toolCallId));
    }

    private static ToolCall call(ResultSet rs, String id) throws SQLException {
      return new ToolCall(
          id,
          rs.getString("tool"),
          rs.getString("arguments"),
          ToolCall.Status.valueOf(rs.getString("status")),
          rs.getString("result"),
          rs.getString("error"),
          rs.getString("compensation"),
          rs.getString("agent"));
    }
  }
}
