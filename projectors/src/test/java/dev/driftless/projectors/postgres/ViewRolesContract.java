package dev.driftless.projectors.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.Generations;
import dev.driftless.projectors.Histories;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;
import dev.driftless.schemas.Names;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What {@code view-roles.sql} gives to the logins of a view with tenants, none of which owns
 * anything, and what it keeps from them.
 */
@Tag("contract")
public abstract class ViewRolesContract {

  private static final String MINE = "acme";
  private static final String FOREIGN = "initech";
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final TestLog log = new TestLog("topic", 0);
  private PostgresFixture fixture;
  private String access;
  private String owner;
  private String projector;
  private String person;
  private String reconciler;

  /** A fresh, empty view. */
  protected abstract PostgresFixture fixture();

  /** Its generations. */
  protected abstract Generations generations(PostgresConfig config, Names names);

  /** Says what it holds. */
  protected abstract Inspector inspector(PostgresConfig config, Names names);

  /**
   * Queries by the shipped functions that tell something of a subject {@code mia} of the tenant
   * {@code ?}: of each at least one row, and none where nothing is to be seen.
   */
  protected abstract List<String> lookups();

  @BeforeEach
  void giveRights() {
    fixture = fixture();
    String name = fixture.names().name();
    access = name + "_driftless_access";
    owner = name + "_owner";
    projector = name + "_projector";
    person = name + "_person";
    reconciler = name + "_checks";
    for (String login : logins()) {
      fixture.execute("CREATE ROLE %s LOGIN PASSWORD 'secret'".formatted(login));
    }
    fixture.execute("CREATE SCHEMA %s AUTHORIZATION %s".formatted(fixture.schema(), owner));
    log.addToEveryTable(MINE, "text");
    log.addToEveryTable(FOREIGN, "secret");
    try (Projector first = fixture.open(as(owner), fixture.names())) {
      log.applyTo(first);
    }
    fixture.execute(roles());
    fixture.execute(roles());
    give("writer", projector);
    give("reader", person);
    give("reconciler", reconciler);
    fixture.execute("INSERT INTO %s.reader_tenants VALUES (?, ?)".formatted(access), person, MINE);
  }

  @AfterEach
  void close() {
    fixture.execute("DROP SCHEMA IF EXISTS %s CASCADE".formatted(spare()));
    fixture.close();
    fixture.execute("DROP SCHEMA %s CASCADE".formatted(access));
    for (String role : List.of("_writer", "_reader", "_reconciler")) {
      fixture.execute("DROP ROLE " + fixture.schema() + role);
    }
    fixture.execute("REVOKE ALL ON DATABASE %s FROM %s".formatted(database(), owner));
    logins().forEach(login -> fixture.execute("DROP ROLE " + login));
  }

  @Test
  void writer_keeps_and_repairs_the_view_of_all_tenants_without_owning_anything() {
    log.addToEveryTable(MINE, "later");
    log.addToEveryTable(FOREIGN, "later");
    try (Projector keeps = fixture.open(as(projector), fixture.names());
        Inspector inspector = inspector(as(projector), fixture.names())) {
      log.applyTo(keeps, 3);
      assertIsAsTheLogSays(as(projector));

      for (String table : tables()) {
        fixture.execute("DELETE FROM " + table);
      }
      Fence fence = keeps.acquire(0);
      List<History> histories = Histories.of(log.records(), inspector);
      keeps.repair(new Repair(0, fence.epoch(), fence.offset(), histories));
    }
    assertIsAsTheLogSays(PostgresFixture.server());
  }

  @Test
  void reconciler_sees_all_tenants_and_writes_nothing() {
    assertIsAsTheLogSays(as(reconciler));
    for (String table : tables()) {
      assertDenied(reconciler, "DELETE FROM " + table);
    }
    assertDenied(reconciler, "UPDATE view_positions SET position = 0");
  }

  @Test
  void reader_sees_its_tenant_in_every_table_and_view_and_no_other() {
    assertThat(tables()).hasSizeGreaterThan(2);
    assertSeesOnlyItsTenant(fixture.schema());
  }

  @Test
  void reader_sees_its_tenant_by_every_function_and_waits_for_positions() {
    assertThat(lookups()).isNotEmpty();
    for (String lookup : lookups()) {
      assertThat(ask(owner, lookup, FOREIGN)).as(lookup).isNotEmpty();
      assertThat(ask(person, lookup, MINE)).as(lookup).isNotEmpty();
      assertThat(ask(person, lookup, FOREIGN)).as(lookup).isEmpty();
    }
    ask(person, "SELECT await(0, %d, interval '1 s')".formatted(log.end() - 1));
    assertThatThrownBy(
            () -> ask(person, "SELECT await(0, %d, interval '10 ms')".formatted(log.end())))
        .hasMessageContaining("not visible");
  }

  @Test
  void reader_writes_nothing() {
    for (String table : tables()) {
      assertDenied(person, "INSERT INTO %1$s SELECT * FROM %1$s".formatted(table));
      assertDenied(person, "UPDATE %s SET subject = 'noa'".formatted(table));
      assertDenied(person, "DELETE FROM " + table);
      assertDenied(person, "TRUNCATE " + table);
      assertDenied(person, "LOCK TABLE %s IN SHARE MODE".formatted(table));
    }
    assertDenied(person, "UPDATE view_positions SET position = 0");
    assertDenied(person, "CREATE TABLE more (id int)");
  }

  @Test
  void reader_cannot_give_itself_another_tenant() {
    String table = tables().get(0);
    assertDenied(
        person, "INSERT INTO %s.reader_tenants VALUES ('%s', 'x')".formatted(access, person));
    assertDenied(person, "UPDATE %s.reader_tenants SET tenant = 'x'".formatted(access));
    assertDenied(person, "SELECT * FROM %s.reader_tenants".formatted(access));
    assertDenied(person, "CREATE VIEW %s.more AS SELECT 'x' AS tenant".formatted(access));
    assertDenied(person, "DROP VIEW %s.own_tenants".formatted(access));
    assertDenied(person, "SET ROLE " + fixture.schema() + "_writer");
    assertDenied(person, "ALTER TABLE %s DISABLE ROW LEVEL SECURITY".formatted(table));
    assertDenied(person, "DROP POLICY reads_its_tenants ON " + table);
    assertDenied(person, "ALTER ROLE %s BYPASSRLS".formatted(person));
    assertThat(ask(person, "SELECT tenant FROM %s.own_tenants".formatted(access)))
        .containsExactly(MINE);
  }

  @Test
  void who_may_read_a_tenant_changes_with_a_row_and_holds_for_members_of_a_group() {
    String group = fixture.names().name() + "_group";
    fixture.execute("CREATE ROLE " + group);
    try {
      fixture.execute(
          "INSERT INTO %s.reader_tenants VALUES (?, ?)".formatted(access), group, FOREIGN);
      assertThat(tenants(person, tables().get(0))).containsExactly(MINE);
      fixture.execute("GRANT %s TO %s".formatted(group, person));
      assertThat(tenants(person, tables().get(0))).containsExactly(MINE, FOREIGN);
    } finally {
      fixture.execute("DROP ROLE " + group);
    }
    assertThat(tenants(person, tables().get(0))).containsExactly(MINE);
    fixture.execute("DELETE FROM %s.reader_tenants".formatted(access));
    assertThat(tenants(person, tables().get(0))).isEmpty();
  }

  @Test
  void all_of_it_holds_in_a_new_generation_that_the_owner_makes_and_the_writer_fills() {
    try (Generations generations = ownersGenerations()) {
      generations.prepare();
      assertThat(tenants(person, spare() + "." + tables().get(0))).isEmpty();
      try (Projector fills = fixture.open(as(projector), fixture.names().spare())) {
        log.applyTo(fills, 3);
      }
      assertSeesOnlyItsTenant(spare());

      // what was changed since is carried over too
      String table = tables().get(0);
      fixture.execute(
          "CREATE POLICY not_now ON %s AS RESTRICTIVE TO %s USING ('{}'::jsonb ?? 'x')"
              .formatted(table, person));
      fixture.execute("ALTER TABLE %s DISABLE ROW LEVEL SECURITY".formatted(spare() + "." + table));
      generations.exchange(generations.numbers(), Map::of, false);
      assertThat(tenants(person, table)).isEmpty();
      fixture.execute("DROP POLICY not_now ON " + table);
      fixture.execute("DROP POLICY not_now ON %s.%s".formatted(spare(), table));
      assertSeesOnlyItsTenant(fixture.schema());
      assertSeesOnlyItsTenant(spare());

      log.addToEveryTable(MINE, "after the switch");
      try (Projector keeps = fixture.open(as(projector), fixture.names())) {
        log.applyTo(keeps);
      }
      assertIsAsTheLogSays(as(reconciler));
      reader_sees_its_tenant_by_every_function_and_waits_for_positions();
      reader_writes_nothing();
      a_view_with_its_owners_rights_shows_who_asks_what_the_table_does();
      generations.drop(generations.numbers());
      assertSeesOnlyItsTenant(fixture.schema());
    }
  }

  @Test
  void writer_is_told_that_the_owner_has_to_rebuild() {
    try (Generations generations = generations(as(projector), fixture.names())) {
      assertThatThrownBy(generations::prepare).hasMessageContaining("belongs to");
    }
  }

  @Test
  void a_policy_that_would_go_on_looking_into_the_old_generation_is_not_carried_over() {
    String table = tables().get(0);
    fixture.execute(
        "CREATE POLICY aside ON %s USING (EXISTS (SELECT FROM view_positions))".formatted(table));
    try (Generations generations = ownersGenerations()) {
      assertThatThrownBy(generations::prepare).hasMessageContaining(table);
      assertThat(generations.numbers().hasSpare()).isFalse();
    }
  }

  /** As projectors of an older release make them, when they start again. */
  @Test
  void a_view_with_its_owners_rights_shows_who_asks_what_the_table_does() {
    give("writer", owner);
    for (String table : tables()) {
      run(owner, "CREATE VIEW aside AS SELECT * FROM " + table);
      for (String role : List.of("writer", "reader", "reconciler")) {
        run(owner, "GRANT SELECT ON aside TO %s_%s".formatted(fixture.schema(), role));
      }
      assertThat(tenants(person, "aside")).as(table).containsExactly(MINE);
      for (String all : List.of(projector, reconciler, owner)) {
        assertThat(tenants(all, "aside")).as("%s: %s", all, table).containsExactly(MINE, FOREIGN);
      }
      run(owner, "DROP VIEW aside");
    }
  }

  @Test
  void owner_keeps_the_view_of_all_tenants_itself() {
    log.addToEveryTable(MINE, "later");
    log.addToEveryTable(FOREIGN, "later");
    try (Projector keeps = fixture.open(as(owner), fixture.names())) {
      log.applyTo(keeps, 3);
    }
    assertIsAsTheLogSays(as(owner));
  }

  @Test
  void who_was_granted_a_table_directly_is_named_in_a_warning() throws SQLException {
    String table = tables().get(0);
    String analyst = fixture.names().name() + "_analyst";
    fixture.execute("CREATE ROLE " + analyst);
    try {
      assertThat(warning()).isNull();
      fixture.execute("GRANT SELECT (tenant) ON %s TO %s".formatted(table, analyst));
      assertThat(warning()).contains("%s (%s)".formatted(analyst, table));

      fixture.execute("GRANT %s_reconciler TO %s".formatted(fixture.schema(), analyst));
      assertThat(warning()).isNull();
      fixture.execute("REVOKE %s_reconciler FROM %s".formatted(fixture.schema(), analyst));
      fixture.execute(
          "CREATE POLICY of_its_own ON %s TO %s USING (true)".formatted(table, analyst));
      assertThat(warning()).isNull();
    } finally {
      fixture.execute("DROP OWNED BY " + analyst);
      fixture.execute("DROP ROLE " + analyst);
    }
  }

  @Test
  void reader_finds_its_tenants_without_a_look_at_those_of_all_others() {
    fixture.execute(
        "INSERT INTO %s.reader_tenants SELECT 'somebody_' || i / 100, 'tenant ' || i FROM generate_series(1, 10000) i"
            .formatted(access));
    fixture.execute("ANALYZE %s.reader_tenants".formatted(access));
    String question = "SELECT * FROM %s WHERE tenant = ?".formatted(tables().get(0));
    assertThat(ask(person, "EXPLAIN " + question, MINE))
        .anyMatch(line -> line.contains("reader_tenants_pkey"))
        .noneMatch(line -> line.contains("Seq Scan on reader_tenants"));
  }

  /**
   * Each would wait for the other. A reader waits for a second before the server looks for that.
   */
  @Test
  void the_file_gives_way_to_a_reader_that_takes_tables_in_another_order() throws Exception {
    String first = tables().get(0);
    String last = tables().get(tables().size() - 1);
    jdbi(person)
        .useTransaction(
            reader -> {
              reader.execute("SELECT FROM " + last);
              CompletableFuture<Integer> running =
                  CompletableFuture.supplyAsync(() -> fixture.execute(roles()));
              await().atMost(PATIENCE).until(() -> running.isDone() || isWaitedFor(last));
              reader.execute("SELECT pg_sleep(1.5)");
              reader.execute("SELECT FROM " + first);
              assertThatThrownBy(running::get).hasMessageContaining("lock");
            });
    fixture.execute(roles());
  }

  @Test
  void what_is_new_in_the_schema_is_closed_until_the_file_is_run_again() {
    String table = tables().get(0);
    fixture.execute("CREATE TABLE more (tenant text)");
    fixture.execute("INSERT INTO more VALUES (?), (?)", MINE, FOREIGN);
    fixture.execute("CREATE VIEW leaking AS SELECT * FROM " + table);
    fixture.execute("CREATE TABLE untold (everything text)");
    assertDenied(person, "SELECT * FROM more");
    fixture.execute(roles());
    assertThat(tenants(person, "more")).containsExactly(MINE);
    assertDenied(person, "SELECT * FROM leaking");
    assertDenied(person, "SELECT * FROM untold");
  }

  /** It is run by a superuser, with the schema on the search path. */
  @Test
  void the_file_calls_no_function_that_the_owner_put_into_the_schema() {
    run(
        owner,
        "CREATE FUNCTION format(text, text) RETURNS text LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''called''; END'");
    fixture.execute(roles());
    assertThat(tenants(person, tables().get(0))).containsExactly(MINE);
  }

  @Test
  void none_of_them_reaches_another_view_or_may_change_this_one() {
    try (PostgresFixture other = fixture()) {
      try (Projector first = other.open()) {
        log.applyTo(first);
      }
      for (String login : logins()) {
        assertDenied(login, "SELECT * FROM %s.view_positions".formatted(other.schema()));
        assertDenied(login, "CREATE SCHEMA mine");
      }
    }
    for (String login : List.of(projector, person, reconciler)) {
      assertDenied(login, "DROP TABLE " + tables().get(0));
      assertDenied(login, "CREATE TABLE more (id int)");
      assertDenied(login, "DELETE FROM view_positions");
    }
    for (String login : List.of(projector, reconciler, owner)) {
      assertDenied(login, "INSERT INTO %s.reader_tenants VALUES ('x', 'x')".formatted(access));
    }
  }

  private void assertIsAsTheLogSays(PostgresConfig config) {
    try (Inspector inspector = inspector(config, fixture.names())) {
      List<History> histories = Histories.of(log.records(), inspector);
      List<Entity> entities = histories.stream().map(History::entity).toList();
      assertThat(entities).hasSizeGreaterThan(5);
      assertThat(inspector.read(entities).stream().map(held -> Set.copyOf(held.rows())))
          .containsExactlyElementsOf(
              inspector.expected(histories).stream().map(Set::copyOf).toList());
    }
  }

  private void assertSeesOnlyItsTenant(String schema) {
    for (String table : withTenant("'r', 'v'")) {
      String all = schema + "." + table;
      assertThat(tenants(PostgresFixture.server().user(), all)).as(all).contains(MINE, FOREIGN);
      assertThat(tenants(person, all)).as(all).containsExactly(MINE);
      assertThat(ask(person, "SELECT count(*) FROM " + all))
          .isEqualTo(
              fixture.query("SELECT count(*) FROM %s WHERE tenant = ?".formatted(all), MINE));
    }
  }

  private void assertDenied(String login, String sql) {
    assertThatThrownBy(() -> run(login, sql))
        .as("%s: %s", login, sql)
        .hasMessageMatching("(?s).*(denied|owner of|permission).*");
  }

  private boolean isWaitedFor(String table) {
    return !fixture
        .query("SELECT 1 FROM pg_locks WHERE relation = to_regclass(?) AND NOT granted", table)
        .isEmpty();
  }

  /** What the file warns of. */
  private @Nullable String warning() throws SQLException {
    return jdbi(PostgresFixture.server().user())
        .withHandle(
            handle -> {
              try (Statement statement = handle.getConnection().createStatement()) {
                statement.execute(roles());
                SQLWarning warning = statement.getWarnings();
                return warning == null ? null : warning.getMessage();
              }
            });
  }

  private List<String> tables() {
    return withTenant("'r'");
  }

  private List<String> withTenant(String kinds) {
    return fixture.query(
        """
        SELECT relname FROM pg_class c JOIN pg_attribute ON attrelid = c.oid
        WHERE relnamespace = to_regnamespace(?) AND relkind IN (%s) AND attname = 'tenant' ORDER BY 1
        """
            .formatted(kinds),
        fixture.schema());
  }

  private List<String> tenants(String login, String table) {
    return ask(login, "SELECT DISTINCT tenant FROM %s ORDER BY 1".formatted(table));
  }

  private List<String> ask(String login, String sql, Object... arguments) {
    return jdbi(login)
        .withHandle(
            handle ->
                handle.select(sql, arguments).mapTo(String.class).filter(Objects::nonNull).list());
  }

  private void run(String login, String sql) {
    jdbi(login).useTransaction(handle -> handle.execute(sql));
  }

  private Jdbi jdbi(String login) {
    PostgresConfig as = logins().contains(login) ? as(login) : PostgresFixture.server();
    return Jdbi.create(as.url() + "?currentSchema=" + fixture.schema(), as.user(), as.password());
  }

  /** Who makes generations makes and renames schemas. */
  private Generations ownersGenerations() {
    fixture.execute("GRANT CREATE ON DATABASE %s TO %s".formatted(database(), owner));
    return generations(as(owner), fixture.names());
  }

  private String database() {
    return fixture.query("SELECT quote_ident(current_database())").get(0);
  }

  private List<String> logins() {
    return List.of(owner, projector, person, reconciler);
  }

  private String spare() {
    return fixture.schema() + "_spare";
  }

  private void give(String role, String login) {
    fixture.execute("GRANT %s_%s TO %s".formatted(fixture.schema(), role, login));
  }

  private static PostgresConfig as(String login) {
    return new PostgresConfig(
        PostgresFixture.server().url(),
        login,
        "secret",
        2,
        Duration.ofSeconds(5),
        Duration.ofSeconds(30));
  }

  private static String roles() {
    return PostgresFixture.shipped(PostgresStore.class, "view-roles.sql");
  }
}
