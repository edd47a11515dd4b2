package dev.driftless.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.Divergence.Failure;
import dev.driftless.reconciler.Divergence.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What a check says of views that somebody edited; a repair undoes that after each test. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DivergenceIT {

  private final KeptViews views = new KeptViews();
  private final Stores stores = new Stores(views);
  private Reconciler reconciler;

  @BeforeAll
  void fill() {
    views.start();
    reconciler = views.reconciler("divergence");
    views.publish(Events.everything("mia"));
    views.publish(Events.stream(new Random(3), 6, 200));
    views.awaitCaughtUp();
  }

  @AfterEach
  void mend() {
    stores.sql("ALTER TABLE A.records ENABLE TRIGGER ALL");
    Report found = reconciler.check(Views.names(), true);
    assertThat(reconciler.repair(found, views.limits(100)))
        .allSatisfy(repaired -> assertThat(repaired.left()).isEmpty());
    assertThat(reconciler.check(Views.names(), true).exitCode()).isZero();
  }

  @AfterAll
  void close() {
    reconciler.close();
    stores.close();
    views.close();
  }

  @Test
  void a_vector_point_that_differs_from_its_row_is_semantic_drift() {
    stores.qdrant(
        "POST",
        "/points/payload?wait=true",
        "{\"points\":[\"%s\"],\"payload\":{\"text\":\"prefers the aisle\"}}"
            .formatted(Stores.point("mia", "m1")));
    assertOnly("vector", Failure.SEMANTIC_DRIFT, Kind.CORRUPT, "memory acme/mia m1");
  }

  @Test
  void a_log_record_whose_row_is_gone_is_log_reality_divergence() {
    stores.sql("DELETE FROM R.memories WHERE memory_id = 'm1' AND subject = 'mia'");
    assertOnly(
        "relational",
        Failure.LOG_REALITY_DIVERGENCE,
        Kind.MISSING,
        "memory acme/mia m1 (memories)");
  }

  @Test
  void a_cached_pattern_that_the_context_store_lacks_is_context_desync() {
    stores.sql("DELETE FROM C.patterns WHERE pattern_id = 'p1' AND subject = 'mia'");
    Report report = reconciler.check(Views.names(), true);
    assertThat(report.views())
        .filteredOn(view -> view.divergenceCount() > 0)
        .singleElement()
        .satisfies(
            view -> {
              assertThat(view.view()).isEqualTo("context");
              assertThat(view.divergences())
                  .extracting(Divergence::key)
                  .contains("pattern acme/mia p1 (patterns)");
              assertThat(view.divergences())
                  .extracting(Divergence::failure)
                  .containsOnly(Failure.CONTEXT_DESYNC);
            });
    assertThat(stores.redis().hget(stores.key("mia", "patterns"), "p1")).isNotNull();
  }

  @Test
  void a_missing_audit_row_is_an_audit_gap() {
    stores.sql("ALTER TABLE A.records DISABLE TRIGGER ALL");
    stores.sql("DELETE FROM A.records WHERE log_partition = 0 AND log_offset = 3");
    assertOnly("audit", Failure.AUDIT_GAP, Kind.MISSING, "record 0/3");
  }

  @Test
  void a_check_of_changes_costs_what_changed_and_finds_what_was_wrong_before_again() {
    assertThat(reconciler.check(Views.names(), false).exitCode()).isZero();
    Report nothing = reconciler.check(Views.names(), false);
    assertThat(nothing.views()).allSatisfy(view -> assertThat(view.cost().total()).isLessThan(20));
    views.publish(List.of(Events.recorded("mia", "m9", "new")));
    views.awaitCaughtUp();
    stores.sql("UPDATE R.memories SET text = 'x' WHERE memory_id = 'm9'");
    assertThat(divergences(reconciler.check(List.of("relational"), false)))
        .singleElement()
        .satisfies(
            d -> {
              assertThat(d.key()).isEqualTo("memory acme/mia m9 (memories)");
              assertThat(expected(d).offset()).isEqualTo(found(d).offset());
              assertThat(expected(d).hash()).isNotEqualTo(found(d).hash()).hasSize(16);
            });
    assertThat(divergences(reconciler.check(List.of("relational"), false))).hasSize(1);
    reconciler.close();
    reconciler = views.reconciler("divergence");
    Report again = reconciler.check(List.of("relational"), false);
    assertThat(divergences(again)).hasSize(1);
    assertThat(again.views().get(0).cost().total()).isLessThan(50);
  }

  @Test
  void a_check_writes_nothing() {
    stores.sql("DELETE FROM R.memories WHERE memory_id = 'm1' AND subject = 'mia'");
    List<String> rows = stores.query("SELECT count(*)::text FROM R.memories");
    assertThat(reconciler.check(Views.names(), true).exitCode()).isEqualTo(1);
    views.publish(List.of(Events.recorded("mia", "m30", "new")));
    views.awaitCaughtUp();
    assertThat(stores.query("SELECT (count(*) - 1)::text FROM R.memories")).isEqualTo(rows);
  }

  @Test
  void above_the_threshold_nothing_is_repaired() {
    stores.sql("DELETE FROM R.memories");
    Report found = reconciler.check(List.of("relational"), true);
    RepairReport refused = reconciler.repair(found, views.limits(5)).get(0);
    assertThat(refused.refused()).contains("at most 5.0 %");
    assertThat(refused.asked()).isZero();
    RepairReport allowed = reconciler.repair(found, views.limits(100)).get(0);
    assertThat(allowed.left()).isEmpty();
    assertThat(reconciler.check(List.of("relational"), true).exitCode()).isZero();
  }

  @Test
  void what_was_found_is_not_forgotten_when_the_next_check_cannot_be_made() {
    stores.sql("UPDATE R.memories SET text = 'x' WHERE memory_id = 'm1' AND subject = 'mia'");
    assertThat(divergences(reconciler.check(List.of("relational"), true))).hasSize(1);
    stores.sql("ALTER TABLE R.sessions RENAME TO elsewhere");
    assertThat(reconciler.check(List.of("relational"), false).exitCode()).isEqualTo(2);
    stores.sql("ALTER TABLE R.elsewhere RENAME TO sessions");
    assertThat(divergences(reconciler.check(List.of("relational"), false))).hasSize(1);
  }

  private void assertOnly(String view, Failure failure, Kind kind, String key) {
    Report report = reconciler.check(Views.names(), true);
    assertThat(report.exitCode()).isEqualTo(1);
    List<Divergence> all = divergences(report);
    assertThat(all).hasSize(1);
    Divergence divergence = all.get(0);
    assertThat(divergence.view()).isEqualTo(view);
    assertThat(divergence.failure()).isEqualTo(failure);
    assertThat(divergence.kind()).isEqualTo(kind);
    assertThat(divergence.key()).startsWith(key);
  }

  private static Divergence.State expected(Divergence divergence) {
    return Objects.requireNonNull(divergence.expected());
  }

  private static Divergence.State found(Divergence divergence) {
    return Objects.requireNonNull(divergence.found());
  }

  private static List<Divergence> divergences(Report report) {
    List<Divergence> all = new ArrayList<>();
    report.views().forEach(view -> all.addAll(view.divergences()));
    return all;
  }
}
