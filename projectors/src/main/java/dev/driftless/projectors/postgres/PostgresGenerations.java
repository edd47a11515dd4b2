package dev.driftless.projectors.postgres;

import dev.driftless.projectors.Generations;
import dev.driftless.schemas.Names;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.jspecify.annotations.Nullable;

/**
 * The generations of a view in PostgreSQL: two schemas, told by their names. To switch is to swap
 * the names, in one transaction that nobody reads or writes either of them beside: it locks all
 * their tables, the positions first, as writers do. Statements that waited meanwhile, prepared ones
 * too, find the tables that have the name then.
 */
public final class PostgresGenerations implements Generations {

  /** If this process stands still, the server lets go of what it has locked. */
  private static final String EXCHANGE_STANDSTILL =
      "SET LOCAL idle_in_transaction_session_timeout = '1s'";

  private static final String STANDSTILL = "SET LOCAL idle_in_transaction_session_timeout = '20s'";

  /** Holds off nobody who reads or writes, but vacuum, which gives way when asked for a second. */
  private static final String VACUUM_TIMEOUT = "SET LOCAL lock_timeout = '5s'";

  /** For all locks together, since readers that come after us wait behind them. */
  private static final String LOCK_TIMEOUT = "SET LOCAL statement_timeout = '400ms'";

  /** For each statement that readers wait behind. */
  private static final String LOCKED_TIMEOUT = "SET LOCAL statement_timeout = '1s'";

  /** Who reads the spare generation for longer has to be through first. */
  private static final String DROP_TIMEOUT = "SET LOCAL lock_timeout = '10s'";

  /** What the server says where a statement timed out, a lock was not had, or of a deadlock. */
  private static final List<String> BUSY = List.of("57014", "55P03", "40P01");

  private static final String TABLES =
      """
      SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
      WHERE relnamespace IN (to_regnamespace(:shown), to_regnamespace(:spare)) AND relkind IN ('r', 'v')
      ORDER BY relname <> 'view_positions', relname, nspname
      """;

  /** Partitions of which readers would see what was before. */
  private static final String BEHIND =
      """
      SELECT format('partition %s: the spare generation is at %s, readers see %s',
        o.partition, coalesce(n.position, 0), o.position)
      FROM <shown>.view_positions o LEFT JOIN <spare>.view_positions n USING (partition)
      WHERE o.topic_id IS NOT NULL
        AND (n.topic_id IS DISTINCT FROM o.topic_id OR n.position < o.position)
      ORDER BY o.partition LIMIT 1
      """;

  /** Above both, so that nobody goes on where the other one's writer was. */
  private static final String FENCE =
      """
      WITH most AS (
        SELECT max(epoch) + 1 AS epoch
        FROM (SELECT epoch FROM <shown>.view_positions UNION ALL SELECT epoch FROM <spare>.view_positions) both_of_them
      ), shown AS (UPDATE <shown>.view_positions SET epoch = most.epoch FROM most)
      UPDATE <spare>.view_positions SET epoch = most.epoch FROM most
      """;

  private static final String SEARCH_PATHS =
      """
      SELECT format('ALTER FUNCTION %I.%I(%s) SET search_path = %1$I, pg_temp',
        CAST(:schema AS text), proname, pg_get_function_identity_arguments(oid))
      FROM pg_proc WHERE pronamespace = to_regnamespace(:schema) AND proconfig::text LIKE '%search_path=%'
      """;

  private static final String OTHERS =
      """
      SELECT format('%s (pid %s, for %s s)', coalesce(nullif(application_name, ''), 'a session'), a.pid,
        ceil(extract(epoch FROM clock_timestamp() - max(xact_start))))
      FROM pg_locks l JOIN pg_stat_activity a USING (pid) JOIN pg_class c ON c.oid = l.relation
      WHERE c.relnamespace IN (to_regnamespace(:shown), to_regnamespace(:spare)) AND l.pid <> pg_backend_pid()
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      GROUP BY application_name, a.pid ORDER BY min(xact_start) LIMIT 1
      """;

  /**
   * Tables with a policy that looks at something else in the shown schema: in the other one it
   * would go on looking there.
   */
  private static final String LOOKING_ASIDE =
      """
      SELECT DISTINCT polrelid::regclass::text
      FROM pg_policy p JOIN pg_class c ON c.oid = polrelid AND c.relnamespace = to_regnamespace(:shown)
      JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid
      JOIN pg_depend m ON m.classid = d.refclassid AND m.objid = d.refobjid
      WHERE (d.refclassid, d.refobjid) <> ('pg_class'::regclass, c.oid)
        AND m.refclassid = 'pg_namespace'::regclass AND m.refobjid = to_regnamespace(:shown)
      ORDER BY 1
      """;

  /**
   * What depends on something in the schema without being a part of it, and what is in the schema
   * without a namesake in the other one, but for the evidence that repairs of the audit view leave.
   */
  private static final String BOUND =
      """
      WITH RECURSIVE inside (classid, objid) AS (
        SELECT classid, objid FROM pg_depend
        WHERE refclassid = 'pg_namespace'::regclass AND refobjid = to_regnamespace(:spare) AND deptype = 'n'
        UNION
        SELECT d.classid, d.objid FROM pg_depend d JOIN inside i ON d.refclassid = i.classid AND d.refobjid = i.objid
        WHERE d.deptype IN ('a', 'i')
      ), member AS (
        SELECT refobjid AS schema, classid, objid, o.type, replace(o.identity, s.name || '.', '') AS name
        FROM (VALUES (CAST(:shown AS text)), (CAST(:spare AS text))) s (name)
        JOIN pg_depend ON refclassid = 'pg_namespace'::regclass AND refobjid = to_regnamespace(s.name) AND deptype = 'n',
        LATERAL pg_identify_object(classid, objid, 0) o
      ), bound AS (
        SELECT d.classid, d.objid FROM pg_depend d JOIN inside i ON d.refclassid = i.classid AND d.refobjid = i.objid
        WHERE d.deptype = 'n' AND (d.classid, d.objid) NOT IN (TABLE inside)
        UNION
        SELECT classid, objid FROM member m
        WHERE schema = to_regnamespace(:spare) AND name !~ '^records_until_\\d+'
          AND NOT EXISTS (
            SELECT FROM member o WHERE o.schema = to_regnamespace(:shown) AND (o.type, o.name) = (m.type, m.name))
      )
      SELECT coalesce(
        (SELECT ev_class::regclass::text FROM pg_rewrite WHERE oid = objid AND classid = 'pg_rewrite'::regclass),
        pg_describe_object(classid, objid, 0))
      FROM bound ORDER BY 1
      """;

  private static final String GRANTS = ViewSchema.read(PostgresGenerations.class, "grants.sql");
  private static final String SECURITY = ViewSchema.read(PostgresGenerations.class, "security.sql");

  private final ViewSchema layout;
  private final String shown;
  private final String spare;
  private final PostgresStore store;

  /** Opens no connection yet. */
  public PostgresGenerations(PostgresConfig config, ViewSchema layout, Names names) {
    this.layout = layout;
    this.shown = layout.name(names);
    this.spare = layout.name(names.spare());
    this.store = new PostgresStore(config.forScans(), layout, names);
  }

  @Override
  public String view() {
    return layout.view();
  }

  @Override
  public Numbers numbers() {
    return store.jdbi().withHandle(this::numbers);
  }

  /** The schema's oid. */
  @Override
  public @Nullable String spareIdentity() {
    return store
        .jdbi()
        .withHandle(
            handle ->
                handle
                    .select("SELECT CAST(to_regnamespace(?) AS oid)::text", spare)
                    .mapTo(String.class)
                    .findOne()
                    .orElse(null));
  }

  /** The spare schema is owned by the shown one's owner, whoever makes it. */
  @Override
  public void prepare() {
    store
        .jdbi()
        .useTransaction(
            handle -> {
              handle.execute(STANDSTILL);
              ViewSchema.lock(handle);
              Numbers now = numbers(handle);
              if (now.shown() == 0) {
                throw new IllegalStateException(
                    "there is no schema %s to be rebuilt: start the view's projector"
                        .formatted(shown));
              }
              refuseStrangers(handle);
              refuseEarlierRelease(handle);
              if (!now.hasSpare()) {
                make(handle, now.shown() + 1);
              }
            });
  }

  private void make(Handle handle, int number) {
    String owner =
        handle
            .select("SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = ?", shown)
            .mapTo(String.class)
            .one();
    handle.execute("CREATE SCHEMA %s AUTHORIZATION %s".formatted(spare, owner));
    handle.execute("SET LOCAL ROLE " + owner);
    handle.execute("SET LOCAL search_path = " + spare);
    layout.install(handle, spare, number);
    giveRights(handle);
    secure(handle);
  }

  @Override
  public Switch exchange(
      Numbers expected, Supplier<Map<Integer, Long>> logEnds, boolean unconditional) {
    try {
      Attempt attempt =
          store.jdbi().inTransaction(handle -> exchange(handle, expected, unconditional));
      return new Switch(
          Duration.ofNanos(System.nanoTime() - attempt.lockedSince()), attempt.refused());
    } catch (RuntimeException e) {
      if (!BUSY.contains(String.valueOf(PostgresStore.sqlState(e)))) {
        throw e;
      }
      return new Switch(Duration.ZERO, "the view is being used by " + others());
    }
  }

  /**
   * @param lockedSince since when readers may have waited
   */
  private record Attempt(long lockedSince, @Nullable String refused) {}

  private Attempt exchange(Handle handle, Numbers expected, boolean unconditional) {
    handle.execute(EXCHANGE_STANDSTILL);
    ViewSchema.lock(handle);
    refuseOthers(handle, expected);
    refuseStrangers(handle);
    if (!expected.isSpareOld()) {
      refuseEarlierRelease(handle);
    }
    String tables = String.join(", ", inBoth(handle, TABLES));
    handle.execute(VACUUM_TIMEOUT);
    handle.execute("LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE".formatted(tables));
    long lockedSince = System.nanoTime();
    handle.execute(LOCK_TIMEOUT);
    handle.execute("LOCK TABLE %s IN ACCESS EXCLUSIVE MODE".formatted(tables));
    handle.execute(LOCKED_TIMEOUT);
    String behind = unconditional ? null : behind(handle);
    if (behind == null) {
      giveRights(handle);
      secure(handle);
      handle.execute(ofBoth(FENCE));
      swapNames(handle);
    }
    return new Attempt(lockedSince, behind);
  }

  private void refuseOthers(Handle handle, Numbers expected) {
    if (!numbers(handle).equals(expected)) {
      throw new IllegalStateException(
          "another command has switched or dropped generations of the view %s meanwhile"
              .formatted(view()));
    }
  }

  /** A login that only writes would fail at some statement in the middle. */
  private void refuseStrangers(Handle handle) {
    handle
        .select(
            "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = ? AND NOT pg_has_role(nspowner, 'MEMBER')",
            shown)
        .mapTo(String.class)
        .findOne()
        .ifPresent(
            owner -> {
              throw new IllegalStateException(
                  "the schema %s belongs to %s: give this command that login, or one that is a member of it; projectors can keep theirs"
                      .formatted(shown, owner));
            });
  }

  /** Readers that already use what a later release added would miss it after the switch. */
  private void refuseEarlierRelease(Handle handle) {
    if (layout.isLater(handle, shown)) {
      throw new IllegalStateException(
          "the schema %s has the layout of a later release: rebuild it with that release"
              .formatted(shown));
    }
  }

  /** Nobody may see more than before, in either generation. */
  private void secure(Handle handle) {
    run(handle, security(handle));
    Set<String> unlike = new TreeSet<>(inBoth(handle, LOOKING_ASIDE));
    security(handle).forEach(rule -> unlike.add(rule.name()));
    if (!unlike.isEmpty()) {
      throw new IllegalStateException(
          "row-level security of %s cannot be carried over to another generation, since a policy looks at something else in the schema: have it look outside, or take it away for the time of the rebuild, and the readers' rights with it"
              .formatted(String.join(", ", unlike)));
    }
  }

  /**
   * @param name of a table
   * @param text a command that makes its row-level security more like the other one's
   */
  private record Rule(String name, String text) {}

  /** Not by JDBI, which would take operators of a policy for parameters. */
  private static void run(Handle handle, List<Rule> rules) {
    try (Statement statement = handle.getConnection().createStatement()) {
      for (Rule rule : rules) {
        statement.execute(rule.text());
      }
    } catch (SQLException e) {
      throw new UnableToExecuteStatementException("row-level security", e, null);
    }
  }

  private List<Rule> security(Handle handle) {
    return handle
        .createQuery(SECURITY)
        .bind("old", shown)
        .bind("new", spare)
        .map((rs, ctx) -> new Rule(rs.getString("name"), rs.getString("text")))
        .list();
  }

  private @Nullable String behind(Handle handle) {
    return handle.select(ofBoth(BEHIND)).mapTo(String.class).findOne().orElse(null);
  }

  private void swapNames(Handle handle) {
    String aside = spare + "_aside";
    handle.execute("ALTER SCHEMA %s RENAME TO %s".formatted(shown, aside));
    handle.execute("ALTER SCHEMA %s RENAME TO %s".formatted(spare, shown));
    handle.execute("ALTER SCHEMA %s RENAME TO %s".formatted(aside, spare));
    for (String schema : List.of(shown, spare)) {
      handle
          .createQuery(SEARCH_PATHS)
          .bind("schema", schema)
          .mapTo(String.class)
          .list()
          .forEach(handle::execute);
    }
  }

  @Override
  public List<String> boundToSpare() {
    return store.jdbi().withHandle(handle -> inBoth(handle, BOUND));
  }

  @Override
  public void drop(Numbers expected) {
    store
        .jdbi()
        .useTransaction(
            handle -> {
              handle.execute(STANDSTILL);
              ViewSchema.lock(handle);
              refuseOthers(handle, expected);
              refuseStrangers(handle);
              List<String> bound = inBoth(handle, BOUND);
              if (!bound.isEmpty()) {
                throw new IllegalStateException(
                    "%s would be dropped with the schema %s: make it anew, so that it belongs to %s, or drop it"
                        .formatted(String.join(", ", bound), spare, shown));
              }
              if (expected.hasSpare()) {
                // the positions first, as writers do, so that the two do not lock each other out
                handle.execute(DROP_TIMEOUT);
                handle.execute("LOCK TABLE %s.view_positions".formatted(spare));
                handle.execute("DROP SCHEMA %s CASCADE".formatted(spare));
              }
            });
  }

  @Override
  public boolean isTransient(Exception e) {
    return PostgresStore.isTransient(e);
  }

  @Override
  public void close() {
    store.close();
  }

  private Numbers numbers(Handle handle) {
    return new Numbers(layout.generation(handle, shown), layout.generation(handle, spare));
  }

  private void giveRights(Handle handle) {
    handle
        .createQuery(GRANTS)
        .bind("old", shown)
        .bind("new", spare)
        .mapTo(String.class)
        .list()
        .forEach(handle::execute);
  }

  private String others() {
    return store
        .jdbi()
        .withHandle(
            handle ->
                inBoth(handle, OTHERS).stream().findFirst().orElse("somebody who is done by now"));
  }

  private List<String> inBoth(Handle handle, String query) {
    var q = handle.createQuery(query).bind("spare", spare);
    if (query.contains(":shown")) {
      q.bind("shown", shown);
    }
    return new ArrayList<>(q.mapTo(String.class).list());
  }

  private String ofBoth(String sql) {
    return sql.replace("<shown>", shown).replace("<spare>", spare);
  }
}
