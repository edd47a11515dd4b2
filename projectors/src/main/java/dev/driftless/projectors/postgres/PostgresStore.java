package dev.driftless.projectors.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.Position;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Objects;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleConsumer;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.jspecify.annotations.Nullable;

/**
 * One view's schema in PostgreSQL. The position of a partition is a row of {@code view_positions}
 * in the same schema; {@link #apply} compares and sets it first in the transaction that writes the
 * data, which makes every batch happen exactly once, even for counters.
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

  private static final Set<String> NO_SUCH_TABLE_OR_SCHEMA = Set.of("42P01", "3F000");

  /**
   * Classes of SQLSTATE that speak of the data: data exception, integrity violation, program limit
   * exceeded.
   */
  private static final Set<String> REFUSES_THE_DATA = Set.of("22", "23", "54");

  private final String view;
  private final String schema;
  private final String ddl;
  private final HikariDataSource pool;
  private final Jdbi jdbi;

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
    this.pool = pool(config, view, schema);
    this.jdbi = Jdbi.create(pool);
  }

  /** Takes the partition over; see {@link dev.driftless.projectors.Projector#acquire}. */
  public Fence acquire(int partition) {
    return jdbi.inTransaction(
        handle -> {
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
    try {
      return jdbi.withHandle(
          handle ->
              handle
                  .createQuery(STORED)
                  .bind("partition", partition)
                  .map((rs, ctx) -> fence(rs))
                  .findOne()
                  .orElse(Fence.NONE));
    } catch (RuntimeException e) {
      if (NO_SUCH_TABLE_OR_SCHEMA.contains(sqlState(e))) {
        return Fence.NONE;
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
    try {
      jdbi.useTransaction(
          handle -> {
            move(handle, batch);
            work.useHandle(handle);
          });
    } catch (RuntimeException e) {
      if (NO_SUCH_TABLE_OR_SCHEMA.contains(sqlState(e))) {
        throw new FencedException(view, batch.partition(), batch.epoch());
      }
      throw e;
    }
  }

  /** For reads and tests: the schema is on the search path. */
  public Jdbi jdbi() {
    return jdbi;
  }

  /**
   * True unless the server refuses the data itself; see {@link
   * dev.driftless.projectors.Projector#isTransient}.
   */
  public static boolean isTransient(Exception e) {
    String state = sqlState(e);
    return state == null || !REFUSES_THE_DATA.contains(state.substring(0, 2));
  }

  @Override
  public void close() {
    pool.close();
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

  /** One at a time: PostgreSQL does not guard CREATE … IF NOT EXISTS against a race. */
  private void migrate(Handle handle) {
    handle.execute("SELECT pg_advisory_xact_lock(hashtext('driftless'))");
    handle.execute("CREATE SCHEMA IF NOT EXISTS " + schema);
    try (Statement statement = handle.getConnection().createStatement()) {
      statement.execute(ddl);
    } catch (SQLException e) {
      throw new UnableToExecuteStatementException("creating schema " + schema, e, null);
    }
  }

  private static Fence fence(ResultSet rs) throws SQLException {
    String topicId = rs.getString("topic_id");
    if (topicId == null) {
      return new Fence(rs.getLong("epoch"), null);
    }
    Instant logTime = rs.getObject("log_time", OffsetDateTime.class).toInstant();
    return new Fence(rs.getLong("epoch"), new Position(topicId, rs.getLong("position"), logTime));
  }

  private static @Nullable String sqlState(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql && sql.getSQLState() != null) {
        return sql.getSQLState();
      }
    }
    return null;
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
    hikari.addDataSourceProperty("currentSchema", schema);
    hikari.addDataSourceProperty("ApplicationName", "driftless-" + view);
    hikari.addDataSourceProperty("socketTimeout", config.socketTimeout().toSeconds());
    hikari.addDataSourceProperty(
        "connectTimeout", Math.max(1, config.connectTimeout().toSeconds()));
    hikari.addDataSourceProperty("tcpKeepAlive", true);
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
