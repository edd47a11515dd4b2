package dev.driftless.projectors.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.Position;
import dev.driftless.projectors.Repair;
import dev.driftless.schemas.Names;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.HandleConsumer;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.jdbi.v3.core.statement.StatementExceptions.MessageRendering;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One view's schema in PostgreSQL. The position of a partition is a row of {@code view_positions}
 * in the same schema; {@link #apply} compares and sets it first in the transaction that writes the
 * data, which makes every batch happen exactly once, even for counters.
 *
 * <p>A writer that stands still between two statements of a transaction holds the positions' rows,
 * and whoever takes its place waits for them; so the server ends the transaction after the time for
 * which this side would wait for an answer. In the middle of what it sends for a statement, where
 * the server counts no time, whoever takes its place ends its session. A statement that the server
 * is still busy with is not ended.
 *
 * <p>Messages of exceptions hold no value of a row: it may be the text of a memory.
 *
 * <p>Safe to share between threads.
 */
public final class PostgresStore implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PostgresStore.class);

  private static final String ACQUIRE =
      """
      INSERT INTO view_positions AS p (partition, epoch) VALUES (:partition, :clock)
      ON CONFLICT (partition) DO UPDATE SET epoch = greatest(p.epoch + 1, excluded.epoch)
      RETURNING epoch, topic_id, position, log_time, tableoid
      """;

  /** For all waiting for locks in the transaction; milliseconds. */
  private static final String LOCK_TIMEOUT = "SET LOCAL lock_timeout = ";

  private static final String LOCK_NOT_AVAILABLE = "55P03";

  /**
   * Writers of positions that have begun a statement and of which the server waits for more, if
   * this login may end them. A reader is in nobody's way.
   */
  private static final String END_STANDING =
      """
      SELECT a.pid FROM (
        SELECT DISTINCT a.pid FROM pg_stat_activity a JOIN pg_locks l USING (pid)
        WHERE l.relation = to_regclass('view_positions') AND l.granted
          AND l.mode <> 'AccessShareLock' AND pg_has_role(a.usesysid, 'USAGE')
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND a.state = 'active' AND a.wait_event = 'ClientRead'
          AND a.state_change < clock_timestamp() - :silence * interval '1 millisecond'
      ) a WHERE pg_terminate_backend(a.pid)
      """;

  private static final String STORED =
      "SELECT partition, epoch, topic_id, position, log_time, tableoid FROM view_positions WHERE partition = ANY(:partitions)";

  private static final String MOVE =
      """
      UPDATE view_positions p SET topic_id = r.topic_id, position = r.next, log_time = r.log_time FROM <rows>
      WHERE p.partition = r.partition AND p.epoch = r.epoch AND p.position = r.held
      RETURNING p.partition
      """;

  /** Until the end of the transaction; milliseconds. */
  private static final String BOUND = "SET LOCAL idle_in_transaction_session_timeout = ";

  private static final String HOLD =
      """
      SELECT position FROM view_positions
      WHERE partition = :partition AND epoch = :epoch AND position = :position FOR UPDATE
      """;

  /** No such table, function or schema. */
  private static final Set<String> ABSENT = Set.of("42P01", "42883", "3F000");

  /**
   * Classes of SQLSTATE that speak of the data: data exception, integrity violation, program limit
   * exceeded.
   */
  private static final Set<String> REFUSES_THE_DATA = Set.of("22", "23", "54");

  private final ViewSchema layout;
  private final Names names;
  private final String schema;
  private final String bound;
  private final long lockTimeoutMillis;
  private final HikariDataSource pool;
  private final Jdbi jdbi;

  /**
   * Something of the layout is gone though the schema is there: the next acquire makes it again.
   */
  private volatile boolean incomplete;

  /** Opens no connection yet. The schema is created when the first partition is acquired. */
  public PostgresStore(PostgresConfig config, ViewSchema layout, Names names) {
    this.layout = layout;
    this.names = names;
    this.schema = layout.name(names);
    this.bound = BOUND + config.socketTimeout().toMillis();
    // else this side would be gone before the server, which goes on to wait
    this.lockTimeoutMillis = config.socketTimeout().toMillis() / 2;
    this.pool = pool(config, names.generation(layout.view()), schema);
    this.jdbi = Jdbi.create(pool);
    this.jdbi.getConfig(StatementExceptions.class).setMessageRendering(MessageRendering.NONE);
  }

  /** The view's name. */
  String view() {
    return layout.view();
  }

  /** Takes the partition over; see {@link dev.driftless.projectors.Projector#acquire}. */
  public Fence acquire(int partition) {
    try {
      return take(partition);
    } catch (RuntimeException e) {
      if (LOCK_NOT_AVAILABLE.equals(sqlState(e)) && endStanding()) {
        return take(partition);
      }
      throw e;
    }
  }

  private boolean endStanding() {
    List<Integer> ended =
        jdbi.withHandle(
            handle ->
                handle
                    .createQuery(END_STANDING)
                    .bind("silence", lockTimeoutMillis)
                    .mapTo(Integer.class)
                    .list());
    ended.forEach(
        pid ->
            LOG.warn(
                "view={} pid={} held the position and sent no more: its session was ended",
                view(),
                pid));
    return !ended.isEmpty();
  }

  private Fence take(int partition) {
    return jdbi.inTransaction(
        handle -> {
          handle.execute(bound + ";" + LOCK_TIMEOUT + lockTimeoutMillis);
          migrate(handle);
          return handle
              .createQuery(ACQUIRE)
              .bind("partition", partition)
              .bind("clock", System.currentTimeMillis())
              .map((rs, ctx) -> fence(rs))
              .one();
        });
  }

  /** What the schema holds; see {@link dev.driftless.projectors.Projector#stored(int)}. */
  public Fence stored(int partition) {
    return stored(List.of(partition)).get(0);
  }

  /** What the schema holds of each of these partitions, all in one snapshot. */
  public List<Fence> stored(List<Integer> partitions) {
    Map<Integer, Fence> held =
        read(
            Map.of(),
            handle ->
                handle
                    .createQuery(STORED)
                    .bindArray("partitions", Integer.class, partitions)
                    .map((rs, ctx) -> Map.entry(rs.getInt("partition"), fence(rs)))
                    .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
    return partitions.stream().map(p -> held.getOrDefault(p, Fence.NONE)).toList();
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
   * Moves the positions and does {@code work}, in one transaction.
   *
   * @param batches of different partitions, one at least
   * @throws FencedException if the store does not hold the epoch and position of one of the
   *     batches; nothing was changed
   */
  public void apply(List<Batch> batches, HandleConsumer<RuntimeException> work) {
    guarded(
        batches.get(0).partition(),
        batches.get(0).epoch(),
        handle -> {
          move(handle, batches);
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
        throw new FencedException(view(), partition, epoch);
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
      throw new FencedException(view(), repair.partition(), repair.epoch());
    }
  }

  private void move(Handle handle, List<Batch> batches) {
    Rows moves =
        Rows.of(
            "partition int4",
            "epoch int8",
            "held int8",
            "topic_id text",
            "next int8",
            "log_time timestamptz");
    for (Batch batch : batches) {
      Position to = batch.to();
      moves.add(
          batch.partition(), batch.epoch(), batch.from(), to.topicId(), to.offset(), to.logTime());
    }
    List<Integer> moved = moves.query(handle, MOVE, (rs, ctx) -> rs.getInt(1));
    for (Batch batch : batches) {
      if (!moved.contains(batch.partition())) {
        throw new FencedException(view(), batch.partition(), batch.epoch());
      }
    }
  }

  /**
   * Only where the schema does not say that it has this layout already: DDL takes locks that hold
   * up other partitions' writers, and rights that a role which only writes need not have. A spare
   * generation is made by {@link PostgresGenerations} alone: what was dropped does not come back.
   */
  private void migrate(Handle handle) {
    if (isInstalled(handle)) {
      return;
    }
    ViewSchema.lock(handle);
    if (isInstalled(handle)) { // by somebody else, meanwhile
      return;
    }
    if (layout.isLater(handle, schema)) {
      throw new IllegalStateException(
          "schema %s has the layout of a later release, which lacks what this one needs"
              .formatted(schema));
    }
    int generation = layout.generation(handle, schema);
    if (generation == 0 && names.isSpare()) {
      throw new IllegalStateException("there is no schema " + schema + ": it was dropped");
    }
    if (generation == 0) {
      // whoever owns a schema need not have the right to create any: IF NOT EXISTS would ask for it
      handle.execute("CREATE SCHEMA " + schema);
    }
    layout.install(handle, schema, Math.max(1, generation));
    incomplete = false;
  }

  private boolean isInstalled(Handle handle) {
    return !incomplete && layout.isInstalled(handle, schema);
  }

  private static Fence fence(ResultSet rs) throws SQLException {
    String topicId = rs.getString("topic_id");
    if (topicId == null) {
      return new Fence(rs.getLong("epoch"), null, rs.getString("tableoid"));
    }
    Instant logTime = rs.getObject("log_time", OffsetDateTime.class).toInstant();
    Position position = new Position(topicId, rs.getLong("position"), logTime);
    return new Fence(rs.getLong("epoch"), position, rs.getString("tableoid"));
  }

  private static boolean isAbsent(Exception e) {
    String state = sqlState(e);
    return state != null && ABSENT.contains(state);
  }

  static @Nullable String sqlState(Throwable e) {
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

  private static HikariDataSource pool(PostgresConfig config, String name, String schema) {
    HikariConfig hikari = new HikariConfig();
    hikari.setPoolName("driftless-" + name);
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
    // As texts: the driver takes no notice of a property that is a number or a boolean.
    Map.of(
            "currentSchema",
            schema,
            "ApplicationName",
            "driftless-" + name,
            "socketTimeout",
            Long.toString(config.socketTimeout().toSeconds()),
            "connectTimeout",
            Long.toString(Math.max(1, config.connectTimeout().toSeconds())),
            "tcpKeepAlive",
            "true",
            "logServerErrorDetail",
            "false")
        .forEach(hikari::addDataSourceProperty);
    return new HikariDataSource(hikari);
  }
}
