package dev.driftless.projectors.relational;

import dev.driftless.projectors.Position;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresStore;
import dev.driftless.schemas.Names;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * Reads the relational view, as SQL users can too. Throws the driver's exceptions; of a view that
 * was never created it says that it is empty. Safe to share between threads.
 */
public final class RelationalReader implements AutoCloseable {

  private static final String MEMORIES =
      """
      SELECT * FROM live_memories
      WHERE tenant = :tenant
        AND (CAST(:subject AS text) IS NULL OR subject = :subject)
        AND (CAST(:session AS text) IS NULL OR session = :session)
      ORDER BY revised_at DESC, log_partition, log_offset DESC LIMIT :limit
      """;

  private static final String MESSAGES =
      """
      SELECT * FROM (
        SELECT * FROM messages
        WHERE tenant = :tenant
          AND (CAST(:subject AS text) IS NULL OR subject = :subject)
          AND (CAST(:session AS text) IS NULL OR session = :session)
        ORDER BY appended_at DESC, log_partition DESC, log_offset DESC LIMIT :limit
      ) latest
      ORDER BY appended_at, log_partition, log_offset
      """;

  private static final String TOOL_CALLS =
      """
      SELECT * FROM (
        SELECT t.*, coalesce(t.intended_at, t.settled_at) AS called_at FROM tool_calls t
        WHERE t.tenant = :tenant
          AND (CAST(:subject AS text) IS NULL OR t.subject = :subject)
          AND (CAST(:session AS text) IS NULL OR t.session = :session)
        ORDER BY called_at DESC, t.log_partition DESC, t.log_offset DESC LIMIT :limit
      ) latest
      ORDER BY called_at, log_partition, log_offset
      """;

  private static final String BY_TIME = "(:tenant, :subject, :at)";
  private static final String BY_POSITION = "(:tenant, :subject, :partition, :offset)";

  private static final String ROWS =
      """
      SELECT 'memories' AS name, count(*) AS total FROM memories
      UNION ALL SELECT 'memory_versions', count(*) FROM memory_versions
      UNION ALL SELECT 'sessions', count(*) FROM sessions
      UNION ALL SELECT 'messages', count(*) FROM messages
      UNION ALL SELECT 'tool_calls', count(*) FROM tool_calls
      UNION ALL SELECT 'checkpoints', count(*) FROM checkpoints
      """;

  private final PostgresStore store;

  /** Opens no connection yet. */
  public RelationalReader(PostgresConfig config, Names names) {
    this.store = RelationalProjector.open(config, names);
  }

  /**
   * What is remembered now and has not expired, the latest first.
   *
   * @param subject null for all of the tenant's
   * @param session in which it was remembered last; null for any
   * @param limit at most so many
   */
  public List<LiveMemory> memories(
      String tenant, @Nullable String subject, @Nullable String session, int limit) {
    return list(MEMORIES, tenant, subject, session, limit, (rs, ctx) -> memory(rs));
  }

  /**
   * The last messages, oldest first; those of one subject in the order of the log.
   *
   * @param subject null for all of the tenant's
   * @param session null for any
   * @param limit at most so many
   */
  public List<Message> messages(
      String tenant, @Nullable String subject, @Nullable String session, int limit) {
    return list(MESSAGES, tenant, subject, session, limit, (rs, ctx) -> message(rs));
  }

  /**
   * The last tool calls, oldest first.
   *
   * @param subject null for all of the tenant's
   * @param session null for any
   * @param limit at most so many
   */
  public List<ToolCall> toolCalls(
      String tenant, @Nullable String subject, @Nullable String session, int limit) {
    return list(TOOL_CALLS, tenant, subject, session, limit, (rs, ctx) -> toolCall(rs));
  }

  /**
   * What was known of a subject at a time of the log, which has milliseconds: what is finer is cut
   * off. A view that has not come that far tells what it knows so far; see {@link #logTime}. Four
   * queries, one after the other.
   *
   * @throws IllegalStateException if the view was never made, or by a version that could not tell
   */
  public Knowledge knownAt(String tenant, String subject, Instant at) {
    Instant millis = at.truncatedTo(ChronoUnit.MILLIS);
    return known(
        BY_TIME, q -> q.bind("tenant", tenant).bind("subject", subject).bind("at", millis));
  }

  /**
   * What was known of a subject just after an event of it, as a receipt names it; as {@link
   * #knownAt} otherwise. What had expired is judged by when the subject's last memory, session,
   * message or tool call up to there was appended.
   */
  public Knowledge knownAfter(String tenant, String subject, int partition, long offset) {
    return known(
        BY_POSITION,
        q ->
            q.bind("tenant", tenant)
                .bind("subject", subject)
                .bind("partition", partition)
                .bind("offset", offset));
  }

  /**
   * The log time that the view has reached in a partition: all that was appended before it is in
   * the view. Null if that is nothing.
   */
  public @Nullable Instant logTime(int partition) {
    Position position = store.stored(partition).position();
    return position == null ? null : position.logTime();
  }

  /**
   * How many rows each table holds, but for what was replaced; expired memories are among them.
   * Counts them. Empty if the view was never created.
   */
  public Map<String, Long> rows() {
    return store.read(
        Map.of(),
        handle -> {
          Map<String, Long> rows = new LinkedHashMap<>();
          handle
              .createQuery(ROWS)
              .map((rs, ctx) -> Map.entry(rs.getString("name"), rs.getLong("total")))
              .forEach(table -> rows.put(table.getKey(), table.getValue()));
          return Collections.unmodifiableMap(rows);
        });
  }

  @Override
  public void close() {
    store.close();
  }

  private Knowledge known(String moment, UnaryOperator<Query> binding) {
    return store
        .read(Optional.<Knowledge>empty(), handle -> Optional.of(known(handle, moment, binding)))
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "the relational view was never made, or by a version that could not tell the past: start its projector"));
  }

  private static Knowledge known(Handle handle, String moment, UnaryOperator<Query> binding) {
    return new Knowledge(
        asOf(handle, "memories", moment, binding, (rs, ctx) -> version(rs)),
        asOf(handle, "sessions", moment, binding, (rs, ctx) -> session(rs)),
        asOf(handle, "messages", moment, binding, (rs, ctx) -> message(rs)),
        asOf(handle, "tool_calls", moment, binding, (rs, ctx) -> toolCall(rs)));
  }

  private static <T> List<T> asOf(
      Handle handle, String table, String moment, UnaryOperator<Query> binding, RowMapper<T> row) {
    Query query =
        handle.createQuery("SELECT * FROM %s_as_of%s ORDER BY log_offset".formatted(table, moment));
    return binding.apply(query).map(row).list();
  }

  private <T> List<T> list(
      String sql,
      String tenant,
      @Nullable String subject,
      @Nullable String session,
      int limit,
      RowMapper<T> mapper) {
    return store.read(
        List.of(),
        handle ->
            handle
                .createQuery(sql)
                .bind("tenant", tenant)
                .bind("subject", subject)
                .bind("session", session)
                .bind("limit", limit)
                .map(mapper)
                .list());
  }

  private static LiveMemory memory(ResultSet rs) throws SQLException {
    return new LiveMemory(
        rs.getString("subject"),
        rs.getString("memory_id"),
        rs.getString("kind"),
        rs.getString("text"),
        Json.map(rs.getString("attributes")),
        rs.getString("agent"),
        rs.getString("session"),
        Objects.requireNonNull(instant(rs, "recorded_at")),
        Objects.requireNonNull(instant(rs, "revised_at")),
        instant(rs, "expires_at"),
        rs.getInt("log_partition"),
        rs.getLong("log_offset"));
  }

  private static MemoryVersion version(ResultSet rs) throws SQLException {
    return new MemoryVersion(
        rs.getString("memory_id"),
        rs.getString("kind"),
        rs.getString("text"),
        Json.map(rs.getString("attributes")),
        rs.getString("agent"),
        rs.getString("session"),
        Objects.requireNonNull(instant(rs, "valid_from")),
        instant(rs, "expires_at"),
        rs.getInt("log_partition"),
        rs.getLong("log_offset"));
  }

  private static Session session(ResultSet rs) throws SQLException {
    return new Session(
        rs.getString("session"),
        rs.getString("agent"),
        Json.map(rs.getString("attributes")),
        instant(rs, "started_at"),
        instant(rs, "ended_at"),
        rs.getString("end_reason"),
        rs.getInt("log_partition"),
        rs.getLong("log_offset"));
  }

  private static Message message(ResultSet rs) throws SQLException {
    return new Message(
        rs.getString("subject"),
        rs.getString("session"),
        rs.getString("message_id"),
        rs.getString("role"),
        rs.getString("content"),
        List.of((String[]) rs.getArray("tool_call_ids").getArray()),
        rs.getString("tool_call_id"),
        rs.getString("agent"),
        Objects.requireNonNull(instant(rs, "occurred_at")),
        Objects.requireNonNull(instant(rs, "appended_at")),
        rs.getInt("log_partition"),
        rs.getLong("log_offset"));
  }

  private static ToolCall toolCall(ResultSet rs) throws SQLException {
    return new ToolCall(
        rs.getString("subject"),
        rs.getString("session"),
        rs.getString("tool_call_id"),
        rs.getString("tool"),
        rs.getString("arguments"),
        rs.getString("status"),
        rs.getString("result"),
        rs.getString("error"),
        rs.getString("compensation"),
        rs.getString("agent"),
        instant(rs, "intended_at"),
        instant(rs, "settled_at"),
        rs.getInt("log_partition"),
        rs.getLong("log_offset"));
  }

  private static @Nullable Instant instant(ResultSet rs, String column) throws SQLException {
    OffsetDateTime time = rs.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }

  /** A row of {@code live_memories}; {@code toString} hides its text. */
  public record LiveMemory(
      String subject,
      String memoryId,
      String kind,
      String text,
      Map<String, String> attributes,
      String agent,
      @Nullable String session,
      Instant recordedAt,
      Instant revisedAt,
      @Nullable Instant expiresAt,
      int logPartition,
      long logOffset) {

    @Override
    public String toString() {
      return "LiveMemory[" + memoryId + "]";
    }
  }

  /** What was known of a subject at some point of the log; each in the order of the log. */
  public record Knowledge(
      List<MemoryVersion> memories,
      List<Session> sessions,
      List<Message> messages,
      List<ToolCall> toolCalls) {}

  /** A row of {@code memory_versions}; {@code toString} hides its text. */
  public record MemoryVersion(
      String memoryId,
      String kind,
      String text,
      Map<String, String> attributes,
      String agent,
      @Nullable String session,
      Instant validFrom,
      @Nullable Instant expiresAt,
      int logPartition,
      long logOffset) {

    @Override
    public String toString() {
      return "MemoryVersion[" + memoryId + "]";
    }
  }

  /**
   * A row of {@code sessions}.
   *
   * @param startedAt null if no start is known
   * @param endedAt null while it is open
   */
  public record Session(
      String session,
      String agent,
      Map<String, String> attributes,
      @Nullable Instant startedAt,
      @Nullable Instant endedAt,
      @Nullable String endReason,
      int logPartition,
      long logOffset) {}

  /** A row of {@code messages}; {@code toString} hides what it says. */
  public record Message(
      String subject,
      String session,
      String messageId,
      String role,
      @Nullable String content,
      List<String> toolCallIds,
      @Nullable String toolCallId,
      String agent,
      Instant occurredAt,
      Instant appendedAt,
      int logPartition,
      long logOffset) {

    @Override
    public String toString() {
      return "Message[" + messageId + "]";
    }
  }

  /**
   * A row of {@code tool_calls}; {@code toString} hides its arguments and what came of it.
   *
   * @param status INTENDED, COMPLETED, FAILED or COMPENSATED
   */
  public record ToolCall(
      String subject,
      String session,
      String toolCallId,
      String tool,
      String arguments,
      String status,
      @Nullable String result,
      @Nullable String error,
      @Nullable String compensation,
      String agent,
      @Nullable Instant intendedAt,
      @Nullable Instant settledAt,
      int logPartition,
      long logOffset) {

    @Override
    public String toString() {
      return "ToolCall[" + toolCallId + "]";
    }
  }
}
