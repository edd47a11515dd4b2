package dev.driftless.projectors.postgres;

import dev.driftless.local.Addresses;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.ViewFixture;
import dev.driftless.schemas.Names;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;

/**
 * A view in a PostgreSQL schema of its own, whatever its tables are. Looks at them with the
 * server's superuser, beside the projector.
 */
public abstract class PostgresFixture implements ViewFixture {

  private static final String POSITIONS = "view_positions";

  private final Names names =
      new Names("t" + UUID.randomUUID().toString().substring(0, 13).replace("-", ""));
  private final PostgresConfig server;
  private final String schema;
  private final Jdbi admin;
  private final AtomicInteger copies = new AtomicInteger();

  /** A fixture whose schema is named by {@code schema}. */
  protected PostgresFixture(Function<Names, String> schema) {
    this(server(), schema);
  }

  /** The same in a server that is not the shared one. */
  protected PostgresFixture(PostgresConfig server, Function<Names, String> schema) {
    this.server = server;
    this.schema = schema.apply(names);
    this.admin = Jdbi.create(server.url(), server.user(), server.password());
  }

  /** The shared test server, with the user that owns it. */
  public static PostgresConfig server() {
    return Server.CONFIG;
  }

  /** The server of these, with the user that owns it. */
  public static PostgresConfig server(Addresses servers) {
    return new PostgresConfig(
        servers.jdbcUrl(),
        servers.postgresUser(),
        servers.postgresPassword(),
        4,
        Duration.ofSeconds(5),
        Duration.ofSeconds(30));
  }

  /** A shipped file, which lies beside this class. */
  public static String shipped(Class<?> beside, String file) {
    return ViewSchema.read(beside, file);
  }

  /** The server of this view, with the user that owns it. */
  protected final PostgresConfig config() {
    return server;
  }

  /** A projector of the view with these names. */
  protected abstract Projector open(PostgresConfig config, Names names);

  @Override
  public final Projector open() {
    return open(server, names);
  }

  /** The prefix of this fixture alone. */
  public final Names names() {
    return names;
  }

  /** The schema of this fixture alone. */
  public final String schema() {
    return schema;
  }

  /**
   * One statement with the superuser's rights, the view's schema on the search path; answers the
   * rows it changed.
   */
  public final int execute(String sql, Object... arguments) {
    return admin.withHandle(handle -> here(handle).execute(sql, arguments));
  }

  /**
   * The first column of the rows of a query with the superuser's rights, the view's schema on the
   * search path.
   */
  public final List<String> query(String sql, Object... arguments) {
    return admin.withHandle(
        handle -> here(handle).select(sql, arguments).mapTo(String.class).list());
  }

  @Override
  public final List<String> shown() {
    return admin.inTransaction(
        TransactionIsolationLevel.REPEATABLE_READ,
        handle -> {
          here(handle);
          List<String> lines = new ArrayList<>();
          for (String table : tables(handle, schema)) {
            if (!table.equals(POSITIONS) && isOfTheView(table)) {
              lines.addAll(lines(handle, table));
            }
          }
          return lines.stream().sorted().toList();
        });
  }

  @Override
  public final void wipe() {
    admin.useHandle(handle -> handle.execute("DROP SCHEMA IF EXISTS " + schema + " CASCADE"));
  }

  @Override
  public final Runnable copy() {
    String copy = schema + "_copy" + copies.incrementAndGet();
    admin.useTransaction(
        TransactionIsolationLevel.REPEATABLE_READ,
        handle -> {
          handle.execute("CREATE SCHEMA " + copy);
          for (String table : tables(handle, schema)) {
            handle.execute(
                "CREATE TABLE %1$s.%2$s AS TABLE %3$s.%2$s".formatted(copy, table, schema));
          }
        });
    return () -> putBack(copy);
  }

  @Override
  public void close() {
    wipe();
    for (int i = 1; i <= copies.get(); i++) {
      String copy = schema + "_copy" + i;
      admin.useHandle(handle -> handle.execute("DROP SCHEMA IF EXISTS " + copy + " CASCADE"));
    }
  }

  /** As a restored back-up would: no trigger fires, and a projector that writes meanwhile waits. */
  private void putBack(String copy) {
    List<String> tables = admin.withHandle(handle -> tables(handle, copy));
    if (tables.isEmpty()) {
      wipe();
      return;
    }
    if (!admin.withHandle(handle -> tables(handle, schema)).containsAll(tables)) {
      try (Projector projector = open()) {
        projector.acquire(0);
      }
    }
    admin.useTransaction(
        handle -> {
          handle.execute("SET LOCAL session_replication_role = replica");
          here(handle).execute("TRUNCATE " + String.join(", ", tables(handle, schema)));
          for (String table : tables) {
            handle.execute(
                "INSERT INTO %1$s (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM %3$s.%1$s"
                    .formatted(
                        table,
                        String.join(", ", columns(handle, table, "attgenerated = ''")),
                        copy));
          }
        });
  }

  /** False for a table that is kept in the schema but shows nothing of the view. */
  protected boolean isOfTheView(String table) {
    return true;
  }

  private Handle here(Handle handle) {
    handle.execute("SET search_path TO " + schema);
    handle.execute("SET timezone TO 'UTC'");
    return handle;
  }

  private List<String> lines(Handle handle, String table) {
    String cells =
        columns(handle, table, "attname <> 'epoch'").stream()
            .map("' %1$s=', coalesce(%1$s::text, 'null')"::formatted)
            .collect(Collectors.joining(", "));
    return handle
        .select("SELECT concat('%s', %s) FROM %s".formatted(table, cells, table))
        .mapTo(String.class)
        .list();
  }

  /**
   * The positions first, as a projector's transaction does, so that the two cannot lock each other
   * out.
   */
  private static List<String> tables(Handle handle, String schema) {
    return handle
        .select(
            """
            SELECT quote_ident(relname) FROM pg_class
            WHERE relnamespace = to_regnamespace(?) AND relkind = 'r' ORDER BY relname <> ?, relname
            """,
            schema,
            POSITIONS)
        .mapTo(String.class)
        .list();
  }

  private List<String> columns(Handle handle, String table, String condition) {
    return handle
        .select(
            """
            SELECT quote_ident(attname) FROM pg_attribute
            WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped AND %s ORDER BY attnum
            """
                .formatted(condition),
            schema + "." + table)
        .mapTo(String.class)
        .list();
  }

  private static final class Server {

    static final PostgresConfig CONFIG = server(TestStack.shared().with(ServerKind.POSTGRES));
  }
}
