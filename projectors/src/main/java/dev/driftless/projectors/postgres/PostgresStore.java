package dev.driftless.projectors.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.driftless.projectors.Batch;
import dev.driftless.projectors.ContentHash;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.Position;
import dev.driftless.projectors.Repair;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.HandleConsumer;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.jdbi.v3.core.statement.StatementExceptions.MessageRendering;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.jspecify.annotations.Nullable;

/**
 * One view's schema in PostgreSQL. The position of a partition is a row of {@code view_positions}
 * in the same schema; {@link #apply} compares and sets it first in the transaction that writes the
 * data, which makes every batch happen exactly once, even for counters.
 *
 * <p>A writer that stands still in the middle of a transaction holds the position's row, and
 * whoever takes its place waits for that; so the server ends the transaction after the time for
 * which this side would wait for an answer.
 *
 * <p>Messages of exceptions hold no value of a row: it may be the text of a memory.
 *
 * <p>Safe to share between threads.
 */
public final class PostgresStore implements AutoCloseable {

  private static final String POSITIONS =
      """
      CREATE TABLE IF NOT EXISTS view_positions (
        partition int PRIMARY KEY,
        epoch     bigint NOT NULL,
        topic_id  text,
        position  bigint NOT NULL DEFAULT 0,
        log_time  timestamptz
      );
      COMMENT ON TABLE view_positions IS 'position: the next offset of the log partition that this view has not applied';
      """;

  private static final String ACQUIRE =
      """
      INSERT INTO view_positions AS p (partition, epoch) VALUES (:partition, :clock)
      ON CONFLICT (partition) DO UPDATE SET epoch = greatest(p.epoch + 1, excluded.epoch)
      RETURNING epoch, topic_id, position, log_time
      """;

  private static final String STORED =
      "SELECT epoch, topic_id, position, log_time FROM view_positions WHERE partition = :partition";

  private static final String MOVE =
      """
      UPDATE view_positions SET topic_id = :topicId, position = :to, log_time = :logTime
      WHERE partition = :partition AND epoch = :epoch AND position = :from
      """;

  /** Until the end of the transaction; milliseconds. */
  private static final String BOUND = "SET LOCAL idle_in_transaction_session_timeout = ";

  private static final String HOLD =
      """
      SELECT position FROM view_positions
      WHERE partition = :partition AND epoch = :epoch AND position = :position FOR UPDATE
      """;

  /** The driver (42.7.14) takes all that follows BEGIN ATOMIC for one statement. */
  private static final String ATOMIC_END = "(?<=\nEND;)";

  /** No such table, function or schema. */
  private static final Set<String> ABSENT = Set.of("42P01", "42883", "3F000");

  /**
   * Classes of SQLSTATE that speak of the data: data exception, integrity violation, program limit
   * exceeded.
   */
  private static final Set<String> REFUSES_THE_DATA = Set.of("22", "23", "54");

  private final String view;
  private final String schema;
  private final String ddl;
  private final String bound;
  private final HikariDataSource pool;
  private final Jdbi jdbi;

  /**
   * Something of the layout is gone though the schema is there: the next acquire makes it again.
   */
  private volatile boolean incomplete;

  /**
   * Opens no connection yet.
   *
   * @param schema of this view alone; created when the first partition is acquired
   * @param resource DDL beside {@code owner}, safe to run again, without schema names
   */
  public PostgresStore(
      PostgresConfig config, String view, String schema, Class<?> owner, String resource) {
    this.view = view;
    this.schema = schema;
    this.ddl = POSITIONS + read(owner, resource);
    this.bound = BOUND + config.socketTimeout().toMillis();
    this.pool = pool(config, view, schema);
    this.jdbi = Jdbi.create(pool);
    this.jdbi.getConfig(StatementExceptions.class).setMessageRendering(MessageRendering.NONE);
  }

  /** The view's name. */
  String view() {
    return view;
  }

  /** Takes the partition over; see {@link dev.driftless.projectors.Projector#acquire}. */
  public Fence acquire(int partition) {
    return jdbi.inTransaction(
        handle -> {
          handle.execute(bound);
          migrate(handle);
          return handle
              .createQuery(ACQUIRE)
              .bind("partition", partition)
              .bind("clock", System.currentTimeMillis())
              .map((rs, ctx) -> fence(rs))
              .one();
        });
  }

  /** What the schema holds; see {@link dev.driftless.projectors.Projector#stored}. */
  public Fence stored(int partition) {
    return read(
        Fence.NONE,
        handle ->
            handle
                .createQuery(STORED)
                .bind("partition", partition)
                .map((rs, ctx) -> fence(rs))
                .findOne()
                .orElse(Fence.NONE));
  }

  /**
   * What {@code work} reads, the schema on the search path; {@code absent} if the schema or a table
   * is not there, because no projector ever ran or the view was wiped.
   */
  public <T> T read(T absent, HandleCallback<T, RuntimeException> work) {
    try {
      return jdbi.withHandle(work);
    } catch (RuntimeException e) {
      if (isAbsent(e)) {
        return absent;
      }
      throw e;
    }
  }

  /**
   * Moves the position and does {@code work}, in one transaction.
   *
   * @throws FencedException if the store does not hold the batch's epoch and position; nothing was
   *     changed
   */
  public void apply(Batch batch, HandleConsumer<RuntimeException> work) {
    guarded(
        batch.partition(),
        batch.epoch(),
        handle -> {
          move(handle, batch);
          work.useHandle(handle);
        });
  }

  /**
   * Does {@code work} in one transaction that holds the position where it is.
   *
   * @throws FencedException if the store does not hold the repair's epoch and position; nothing was
   *     changed
   */
  public void repair(Repair repair, HandleConsumer<RuntimeException> work) {
    guarded(
        repair.partition(),
        repair.epoch(),
        handle -> {
          hold(handle, repair);
          work.useHandle(handle);
        });
  }

  /** For reads and tests: the schema is on the search path. */
  public Jdbi jdbi() {
    return jdbi;
  }

  /**
   * True for what the driver throws, unless the server refuses the data itself; see {@link
   * dev.driftless.projectors.Projector#isTransient}.
   */
  public static boolean isTransient(Exception e) {
    String state = sqlState(e);
    return state == null
        ? chain(e).anyMatch(SQLException.class::isInstance)
        : !REFUSES_THE_DATA.contains(state.substring(0, 2));
  }

  @Override
  public void close() {
    pool.close();
  }

  private void guarded(int partition, long epoch, HandleConsumer<RuntimeException> work) {
    try {
      jdbi.useTransaction(
          handle -> {
            handle.execute(bound);
            work.useHandle(handle);
          });
    } catch (RuntimeException e) {
      if (isAbsent(e)) {
        incomplete = true;
        throw new FencedException(view, partition, epoch);
      }
      throw e;
    }
  }

  private void hold(Handle handle, Repair repair) {
    boolean held =
        handle
            .createQuery(HOLD)
            .bind("partition", repair.partition())
            .bind("epoch", repair.epoch())
            .bind("position", repair.position())
            .mapTo(Long.class)
            .findOne()
            .isPresent();
    if (!held) {
      throw new FencedException(view, repair.partition(), repair.epoch());
    }
  }

  private void move(Handle handle, Batch batch) {
    int moved =
        handle
            .createUpdate(MOVE)
            .bind("topicId", batch.to().topicId())
            .bind("to", batch.to().offset())
            .bind("logTime", batch.to().logTime())
            .bind("partition", batch.partition())
            .bind("epoch", batch.epoch())
            .bind("from", batch.from())
            .execute();
    if (moved != 1) {
      throw new FencedException(view, batch.partition(), batch.epoch());
    }
  }

  /**
   * Only where the schema does not say that it has this layout already: DDL takes locks that hold
   * up other partitions' writers, and rights that a role which only writes need not have. One at a
   * time: PostgreSQL does not guard CREATE … IF NOT EXISTS against a race.
   */
  private void migrate(Handle handle) {
    String layout = layout();
    if (!incomplete && installed(handle).equals(Optional.of(layout))) {
      return;
    }
    handle.execute("SELECT pg_advisory_xact_lock(hashtext('driftless'))");
    handle.execute("CREATE SCHEMA IF NOT EXISTS " + schema);
    try (Statement statement = handle.getConnection().createStatement()) {
      for (String part : ddl.split(ATOMIC_END)) {
        statement.execute(part);
      }
      statement.execute("COMMENT ON SCHEMA %s IS '%s'".formatted(schema, layout));
    } catch (SQLException e) {
      throw new UnableToExecuteStatementException("creating schema " + schema, e, null);
    }
    incomplete = false;
  }

  private Optional<String> installed(Handle handle) {
    return handle
        .select("SELECT obj_description(to_regnamespace(?), 'pg_namespace')", schema)
        .mapTo(String.class)
        .findOne();
  }

  private String layout() {
    byte[] hash = new ContentHash().add(ddl).digest();
    return "Driftless view %s, layout %s".formatted(view, HexFormat.of().formatHex(hash, 0, 8));
  }

  private static Fence fence(ResultSet rs) throws SQLException {
    String topicId = rs.getString("topic_id");
    if (topicId == null) {
      return new Fence(rs.getLong("epoch"), null);
    }
    Instant logTime = rs.getObject("log_time", OffsetDateTime.class).toInstant();
    return new Fence(rs.getLong("epoch"), new Position(topicId, rs.getLong("position"), logTime));
  }

  private static boolean isAbsent(Exception e) {
    String state = sqlState(e);
    return state != null && ABSENT.contains(state);
  }

  private static @Nullable String sqlState(Throwable e) {
    return chain(e)
        .filter(SQLException.class::isInstance)
        .map(cause -> ((SQLException) cause).getSQLState())
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  private static Stream<Throwable> chain(Throwable e) {
    return Stream.iterate(e, Objects::nonNull, Throwable::getCause);
  }

  private static HikariDataSource pool(PostgresConfig config, String view, String schema) {
    HikariConfig hikari = new HikariConfig();
    hikari.setPoolName("driftless-" + view);
    hikari.setJdbcUrl(config.url());
    hikari.setUsername(config.user());
    hikari.setPassword(config.password());
    hikari.setMaximumPoolSize(config.poolSize());
    hikari.setMinimumIdle(1);
    hikari.setConnectionTimeout(config.connectTimeout().toMillis());
    hikari.setInitializationFailTimeout(-1);
    // Told, not asked for: if the first connection breaks while it is asked, the pool takes -1 for
    // the answer, and every later connection fails (HikariCP issue 1944).
    hikari.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    hikari.addDataSourceProperty("currentSchema", schema);
    hikari.addDataSourceProperty("ApplicationName", "driftless-" + view);
    hikari.addDataSourceProperty("socketTimeout", config.socketTimeout().toSeconds());
    hikari.addDataSourceProperty(
        "connectTimeout", Math.max(1, config.connectTimeout().toSeconds()));
    hikari.addDataSourceProperty("tcpKeepAlive", true);
    hikari.addDataSourceProperty("logServerErrorDetail", false);
    return new HikariDataSource(hikari);
  }

  private static String read(Class<?> owner, String resource) {
    try (InputStream in = Objects.requireNonNull(owner.getResourceAsStream(resource), resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
