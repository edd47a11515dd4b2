package dev.driftless.reconciler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.driftless.projectors.Generations.Numbers;
import dev.driftless.projectors.app.Views;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A view that was tampered with is rebuilt beside itself while events are published, and while
 * somebody reads it all the time.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RebuildIT {

  private static final int BEFORE = 800;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** By view, an edit of one thing that it holds. */
  private static final Map<String, String> EDITS =
      Map.of(
          "relational", "UPDATE R.memories SET text = 'edited' WHERE memory_id = 'm1'",
          "context", "UPDATE C.memories SET text = 'edited' WHERE memory_id = 'm1'",
          "audit", "UPDATE A.records SET agent = 'mallory' WHERE log_offset = 3");

  private final KeptViews views = new KeptViews();
  private final Stores stores = new Stores(views);
  private Reconciler reconciler;

  @BeforeAll
  void fill() {
    views.start();
    views.keepSpares();
    reconciler = views.reconciler("rebuild");
    views.publish(Events.everything("mia"));
    views.publish(Events.stream(new Random(3), 20, BEFORE));
    views.awaitCaughtUp();
  }

  @AfterAll
  void close() {
    reconciler.close();
    stores.close();
    views.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"relational", "vector", "context", "audit"})
  void is_rebuilt_under_writes_gone_back_to_and_dropped(String view) throws Exception {
    edit(view);
    assertThat(reconciler.check(List.of(view), true).exitCode()).isEqualTo(1);
    try (Traffic traffic = new Traffic(views, reconciler.lag(), view);
        Rebuild rebuild = new Rebuild(views.config(), view, line -> {})) {
      int old = rebuild.numbers().shown();
      Numbers built = build(rebuild);
      assertThat(built).isEqualTo(new Numbers(old, old + 1));
      assertThat(reconciler.checkSpare(view).exitCode()).isZero();

      rebuild.exchange(built);
      Numbers switched = new Numbers(old + 1, old);
      assertThat(rebuild.numbers()).isEqualTo(switched);
      assertBothAreFed(rebuild, view);
      assertThat(reconciler.check(List.of(view), true).exitCode()).isZero();
      assertThat(reconciler.checkSpare(view).exitCode()).isEqualTo(1);

      assertThatThrownBy(() -> rebuild.exchange(built)).hasMessageContaining("another command");
      rebuild.exchange(switched);
      assertBothAreFed(rebuild, view);
      assertThat(reconciler.check(List.of(view), false).exitCode()).isEqualTo(1);
      assertThat(reconciler.check(List.of(view), true).exitCode()).isEqualTo(1);
      rebuild.exchange(built);
      assertBothAreFed(rebuild, view);

      rebuild.drop(rebuild.numbers());
      assertThat(rebuild.numbers()).isEqualTo(new Numbers(old + 1, 0));
      Thread.sleep(3 * views.config().reading().checkInterval().toMillis());
      assertThat(rebuild.numbers()).isEqualTo(new Numbers(old + 1, 0));
      assertThat(rebuild.lagOfSpare().applied()).isZero();
      traffic.assertNothingWentBack();
    }
    views.awaitCaughtUp(view);
    assertThat(reconciler.check(List.of(view), true).exitCode()).isZero();
  }

  @Test
  void what_is_built_of_a_trail_leaves_the_edited_one_as_evidence_until_it_is_dropped() {
    try (Rebuild rebuild = new Rebuild(views.config(), "audit", line -> {})) {
      stores.sql("ALTER TABLE A.records DISABLE TRIGGER ALL");
      stores.sql("UPDATE A.records SET agent = 'eve' WHERE log_offset = 5");
      stores.sql("ALTER TABLE A.records ENABLE TRIGGER ALL");
      rebuild.exchange(build(rebuild));
      assertThat(stores.query("SELECT log_offset FROM A.records WHERE agent = 'eve'")).isEmpty();
      assertThat(stores.query("SELECT log_offset FROM AS.records WHERE agent = 'eve'"))
          .isNotEmpty();
      views.awaitCaughtUp("audit");
      Report found = reconciler.check(List.of("audit"), true);
      assertThat(found.exitCode()).isZero();

      // the new trail can be mended as the old one could
      stores.sql("ALTER TABLE A.records DISABLE TRIGGER ALL");
      stores.sql("UPDATE A.records SET agent = 'eve' WHERE log_offset = 6");
      stores.sql("ALTER TABLE A.records ENABLE TRIGGER ALL");
      Report edited = reconciler.check(List.of("audit"), true);
      assertThat(reconciler.repair(edited, views.limits(5)).get(0).refused()).isNull();
      rebuild.drop(rebuild.numbers());
      assertThatThrownBy(() -> stores.query("SELECT 1 FROM AS.records"))
          .hasStackTraceContaining("does not exist");
    }
  }

  @Test
  void rights_go_with_the_name_and_views_elsewhere_are_told() {
    String role = views.config().names().prefixed("_", "reader");
    String view = views.config().names().prefixed("_", "elsewhere");
    stores.sql("CREATE ROLE " + role);
    stores.sql("GRANT USAGE ON SCHEMA %s TO %s".formatted(stores.relational(), role));
    stores.sql("GRANT SELECT ON R.memories TO " + role);
    stores.sql("GRANT SELECT (tenant) ON R.sessions TO " + role);
    stores.sql("GRANT INSERT ON R.messages TO " + role);
    stores.sql("GRANT UPDATE (agent) ON R.sessions TO " + role);
    stores.sql("GRANT SELECT ON R.checkpoints TO %s WITH GRANT OPTION".formatted(role));
    stores.sql("REVOKE EXECUTE ON FUNCTION R.memories_as_of(text, text, timestamptz) FROM PUBLIC");
    try (Rebuild rebuild = new Rebuild(views.config(), "relational", line -> {})) {
      Numbers built = build(rebuild);
      stores.sql("GRANT SELECT ON R.live_memories TO " + role);
      stores.sql("REVOKE INSERT ON R.messages FROM " + role);
      stores.sql("REVOKE UPDATE (agent) ON R.sessions FROM " + role);
      stores.sql("SET ROLE " + role);
      stores.sql("GRANT SELECT ON RS.checkpoints TO pg_monitor");
      stores.sql("RESET ROLE");
      stores.sql("REVOKE SELECT ON R.checkpoints FROM " + role);
      stores.sql("CREATE VIEW public.%s AS SELECT * FROM R.memories".formatted(view));
      rebuild.exchange(built);

      assertThat(rights(role))
          .containsExactly(
              "f memories_as_of 3 false",
              "f memories_as_of 4 true",
              "s true",
              "t live_memories SELECT",
              "t memories SELECT",
              "t sessions(tenant) SELECT");
      assertThat(rebuild.boundToSpare()).containsExactly("public." + view);
      assertThatThrownBy(() -> rebuild.drop(rebuild.numbers())).hasMessageContaining(view);
      stores.sql("DROP VIEW public." + view);
      rebuild.drop(rebuild.numbers());
    } finally {
      stores.sql("DROP OWNED BY " + role);
      stores.sql("DROP ROLE " + role);
    }
  }

  @Test
  void what_others_made_of_a_generation_is_told_and_keeps_it_from_being_dropped() {
    String mine = views.config().names().prefixed("_", "mine");
    try (Rebuild rebuild = new Rebuild(views.config(), "relational", line -> {})) {
      Numbers built = build(rebuild);
      stores.sql("CREATE VIEW R.mine AS SELECT 1 AS one");
      stores.sql(
          "CREATE FUNCTION public.%s() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM R.memories; END"
              .formatted(mine));
      stores.sql("CREATE TABLE public.%s (row R.memories)".formatted(mine));
      stores.sql(
          "CREATE TABLE public.%1$s_keys (partition int CONSTRAINT %1$s_fk REFERENCES R.view_positions)"
              .formatted(mine));
      rebuild.exchange(built);

      String inside = "view %s_spare.mine".formatted(stores.relational());
      assertThat(rebuild.boundToSpare())
          .containsExactlyInAnyOrder(
              "function public.%s()".formatted(mine),
              "table public." + mine,
              "constraint %1$s_fk on table public.%1$s_keys".formatted(mine),
              inside);
      assertThatThrownBy(() -> rebuild.drop(rebuild.numbers())).hasMessageContaining(inside);
      stores.sql("DROP TABLE public.%1$s, public.%1$s_keys".formatted(mine));
      stores.sql("DROP FUNCTION public." + mine);
      stores.sql("DROP VIEW RS.mine");
      rebuild.drop(rebuild.numbers());
    }
  }

  @Test
  void row_level_security_goes_with_the_name() {
    try (Rebuild rebuild = new Rebuild(views.config(), "relational", line -> {})) {
      stores.sql("ALTER TABLE R.memories ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY");
      stores.sql("CREATE POLICY own ON R.memories USING (agent = current_user)");
      Numbers built = build(rebuild);
      stores.sql("ALTER TABLE R.memories NO FORCE ROW LEVEL SECURITY");
      stores.sql("DROP POLICY own ON R.memories");
      stores.sql(
          "CREATE POLICY none ON R.memories AS RESTRICTIVE FOR UPDATE TO pg_monitor USING (false) WITH CHECK (false)");
      stores.sql("CREATE POLICY all_of_it ON R.sessions FOR INSERT TO PUBLIC WITH CHECK (true)");
      List<String> before = security();
      assertThat(before).hasSize(2);
      rebuild.exchange(built);
      assertThat(security()).isEqualTo(before);
      stores.sql("ALTER TABLE R.memories DISABLE ROW LEVEL SECURITY");
      stores.sql("DROP POLICY none ON R.memories");
      stores.sql("DROP POLICY all_of_it ON R.sessions");
      rebuild.drop(rebuild.numbers());
    }
  }

  private List<String> security() {
    return stores.query(
        """
        SELECT row(relname, relrowsecurity, relforcerowsecurity, polname, polcmd, polpermissive, polroles,
          pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))::text
        FROM pg_policy JOIN pg_class c ON c.oid = polrelid WHERE relnamespace = '%s'::regnamespace ORDER BY 1
        """
            .formatted(stores.relational()));
  }

  @Test
  void an_earlier_release_does_not_rebuild_the_layout_of_a_later_one() {
    String layout =
        stores
            .query("SELECT obj_description('%s'::regnamespace)".formatted(stores.relational()))
            .get(0);
    try (Rebuild rebuild = new Rebuild(views.config(), "relational", line -> {})) {
      sayLayout(layout.replaceFirst("layout \\d+", "layout 1000000"));

      assertThatThrownBy(rebuild::prepare).hasMessageContaining("layout of a later release");
      assertThat(rebuild.numbers().hasSpare()).isFalse();
    } finally {
      sayLayout(layout);
    }
  }

  private void sayLayout(String layout) {
    stores.sql("COMMENT ON SCHEMA %s IS '%s'".formatted(stores.relational(), layout));
  }

  @Test
  void readers_do_not_wait_for_what_takes_long_behind_the_locks() {
    try (var generations = Views.generations("context", views.config());
        Rebuild rebuild = new Rebuild(views.config(), "context", line -> {})) {
      Numbers built = build(rebuild);
      views.awaitCaughtUp("context");
      stores.sql(
          "CREATE FUNCTION C.wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(60); RETURN NEW; END'");
      stores.sql(
          "CREATE TRIGGER wait BEFORE UPDATE ON C.view_positions FOR EACH ROW WHEN (NEW.epoch > OLD.epoch) EXECUTE FUNCTION C.wait()");
      assertThat(generations.exchange(built, Map::of, true).refused()).contains("being used");
      stores.sql("DROP TRIGGER wait ON C.view_positions");
      stores.sql("DROP FUNCTION C.wait()");
      assertThat(rebuild.numbers()).isEqualTo(built);
      rebuild.drop(built);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"relational", "vector"})
  void no_other_spare_generation_is_taken_for_the_one_that_was_meant(String view) {
    try (var generations = Views.generations(view, views.config())) {
      assertThat(generations.spareIdentity()).isNull();
      generations.prepare();
      String first = generations.spareIdentity();
      Numbers numbers = generations.numbers();
      Numbers others = new Numbers(numbers.shown(), numbers.spare() + 1);
      assertThatThrownBy(() -> generations.drop(others)).hasMessageContaining("another command");
      assertThat(generations.spareIdentity()).isEqualTo(first);
      generations.drop(numbers);
      generations.prepare();
      assertThat(generations.numbers()).isEqualTo(numbers);
      assertThat(generations.spareIdentity()).isNotNull().isNotEqualTo(first);
      generations.drop(numbers);
    }
  }

  private List<String> rights(String role) {
    return stores.query(
        """
        SELECT 't ' || relname || ' ' || privilege_type FROM pg_class, aclexplode(relacl)
        WHERE relnamespace = '%1$s'::regnamespace AND grantee = '%2$s'::regrole
        UNION SELECT 't sessions(' || attname || ') ' || privilege_type
        FROM pg_attribute, aclexplode(attacl)
        WHERE attrelid = '%1$s.sessions'::regclass AND grantee = '%2$s'::regrole
        UNION SELECT 'f ' || concat_ws(' ', proname, pronargs, '') || has_function_privilege('%2$s', oid, 'EXECUTE') FROM pg_proc
        WHERE pronamespace = '%1$s'::regnamespace AND proname = 'memories_as_of'
        UNION SELECT 's ' || has_schema_privilege('%2$s', '%1$s', 'USAGE')
        ORDER BY 1
        """
            .formatted(stores.relational(), role));
  }

  @Test
  void the_spare_generation_is_filled_on_by_whoever_comes_after_and_not_switched_to_before() {
    views.stopSpares();
    try (Rebuild rebuild = new Rebuild(views.config(), "context", line -> {})) {
      rebuild.prepare();
      rebuild.prepare();
      Numbers built = rebuild.numbers();
      assertThat(built.spare()).isEqualTo(built.shown() + 1);
      assertThat(rebuild.lagOfSpare().applied()).isZero();
      try (var generations = Views.generations("context", views.config())) {
        assertThat(generations.exchange(built, Map::of, false).refused())
            .contains("the spare generation is at 0, readers see");
      }
      assertThat(rebuild.numbers()).isEqualTo(built);
      views.keepSpares();
      await().atMost(PATIENCE).until(() -> rebuild.lagOfSpare().applied() > 0);
      views.stopSpares();
      views.keepSpares();
      rebuild.fill();
      assertThat(reconciler.checkSpare("context").exitCode()).isZero();
      rebuild.drop(rebuild.numbers());
      assertThat(rebuild.numbers().hasSpare()).isFalse();
    }
  }

  @Test
  void a_switch_that_ended_when_it_had_fenced_the_projector_can_be_made_again() {
    AtomicInteger asked = new AtomicInteger();
    Supplier<Map<Integer, Long>> logEnds =
        () -> {
          if (asked.getAndIncrement() == 1) {
            throw new IllegalStateException("ended");
          }
          return reconciler.lag().logEnds();
        };
    try (var generations = Views.generations("vector", views.config());
        Rebuild rebuild = new Rebuild(views.config(), "vector", line -> {})) {
      Numbers built = build(rebuild);
      assertThatThrownBy(() -> generations.exchange(built, logEnds, false)).hasMessage("ended");
      assertThat(rebuild.numbers()).isEqualTo(built);

      views.publish(Events.everything("zoe"));
      assertBothAreFed(rebuild, "vector");
      rebuild.exchange(built);
      assertBothAreFed(rebuild, "vector");
      assertThat(reconciler.check(List.of("vector"), true).exitCode()).isZero();
      assertThat(reconciler.checkSpare("vector").exitCode()).isZero();
      rebuild.drop(rebuild.numbers());
    }
  }

  @Test
  void the_cache_is_written_anew_in_place() {
    stores.redis().hset(stores.key("mia", "memory:m1"), "text", "edited");
    stores.redis().del(stores.key("mia", "memory:m2"));
    assertThat(reconciler.check(List.of("cache"), true).exitCode()).isEqualTo(1);

    RepairReport rewritten = reconciler.rewrite("cache", views.limits(100));
    assertThat(rewritten.refused()).isNull();
    assertThat(rewritten.asked()).isEqualTo(rewritten.mended()).isEqualTo(2);
    assertThat(reconciler.check(List.of("cache"), true).exitCode()).isZero();
  }

  private Numbers build(Rebuild rebuild) {
    rebuild.prepare();
    rebuild.fill();
    return rebuild.numbers();
  }

  /** Everything that is published now is applied by both. */
  private void assertBothAreFed(Rebuild rebuild, String view) {
    Map<Integer, Long> cut = reconciler.lag().logEnds();
    for (int partition = 0; partition < KeptViews.PARTITIONS; partition++) {
      int p = partition;
      await("the shown generation of " + view)
          .atMost(PATIENCE)
          .until(() -> reconciler.lag().position(view, p) >= cut.getOrDefault(p, 0L));
    }
    rebuild.fill();
  }

  private void edit(String view) {
    if (view.equals("vector")) {
      stores.qdrant(
          "POST",
          "/points/payload?wait=true",
          "{\"points\":[\"%s\"],\"payload\":{\"text\":\"edited\"}}"
              .formatted(Stores.point("mia", "m1")));
      return;
    }
    boolean guarded = view.equals("audit");
    if (guarded) {
      stores.sql("ALTER TABLE A.records DISABLE TRIGGER ALL");
    }
    assertThat(stores.sql(String.valueOf(EDITS.get(view)))).isPositive();
    if (guarded) {
      stores.sql("ALTER TABLE A.records ENABLE TRIGGER ALL");
    }
  }
}
