package dev.driftless.projectors.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchRuntimeException;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.postgres.TestLog;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class AuditRepairIT {

  private static final String SHAPE =
      """
      SELECT concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum))
        FROM pg_attribute WHERE attrelid = to_regclass('records') AND attnum > 0
      UNION ALL SELECT concat_ws(' ', conname, pg_get_constraintdef(oid))
        FROM pg_constraint WHERE conrelid = to_regclass('records')
      UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = to_regclass('records')
      UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = to_regclass('records')
      UNION ALL SELECT concat_ws(' ', relowner::regrole, relacl, obj_description(oid, 'pg_class'))
        FROM pg_class WHERE oid = to_regclass('records')
      ORDER BY 1
      """;

  private final AuditFixture fixture = new AuditFixture();
  private final Projector projector = fixture.open();
  private final TestLog log = TestLog.random("topic", 0, 50, 11);
  private final TestLog other = TestLog.random("topic", 1, 300, 12);
  private List<String> whole = List.of();

  @BeforeEach
  void audit() {
    log.refused(null, null, "the record has no value").control();
    log.applyTo(projector, 9);
    whole = fixture.shown();
  }

  @AfterEach
  void close() {
    projector.close();
    fixture.close();
  }

  @Test
  void missing_row_is_inserted_into_the_table_as_it_is() {
    fixture.tamper("DELETE FROM records WHERE log_offset IN (7, 50)");

    repair(history(7), history(8), history(50));

    assertThat(fixture.shown()).isEqualTo(whole);
    assertThat(fixture.oldGenerations()).isEmpty();
  }

  @Test
  void edited_rows_are_kept_as_they_were_and_are_right_in_one_new_generation() {
    fixture.tamper("UPDATE records SET agent = 'nobody' WHERE log_offset = 7");
    fixture.tamper("UPDATE records SET outcome = 'refused', reason = 'x' WHERE log_offset = 8");
    fixture.tamper("UPDATE records SET entity_ids = '[3:4]={x,NULL}' WHERE log_offset = 9");
    fixture.tamper("UPDATE records SET log_time = 'infinity' WHERE log_offset = 10");
    fixture.tamper("UPDATE records SET session = NULL WHERE log_offset = 11");
    List<String> edited = fixture.query("SELECT r::text FROM records r ORDER BY log_offset");

    repair(history(7), history(8), history(9), history(10), history(11), history(12));

    assertThat(fixture.shown()).isEqualTo(whole);
    assertThat(fixture.oldGenerations()).hasSize(1);
    String old = fixture.oldGenerations().get(0);
    assertThat(fixture.query("SELECT r::text FROM %s r ORDER BY log_offset".formatted(old)))
        .isEqualTo(edited);
  }

  @Test
  void phantom_rows_are_put_aside_whatever_their_numbers() {
    phantom(0, 51);
    phantom(0, -1);
    phantom(-3, 1_000);

    repair(nothing(0, 51), nothing(0, -1), nothing(-3, 1_000), nothing(0, 99));

    assertThat(fixture.shown()).isEqualTo(whole);
    assertThat(fixture.oldGenerations()).hasSize(1);
    assertThat(rows(fixture.oldGenerations().get(0))).isEqualTo(54);
  }

  @Test
  void second_repair_changes_nothing() {
    phantom(0, 51);
    repair(history(7), nothing(0, 51));

    repair(history(7), nothing(0, 51));

    assertThat(fixture.oldGenerations()).hasSize(1);
    assertThat(fixture.shown()).isEqualTo(whole);
  }

  @Test
  void old_generation_takes_no_change_and_no_more_rows() {
    phantom(0, 51);
    repair(nothing(0, 51));
    String old = fixture.oldGenerations().get(0);

    for (String sql :
        List.of(
            "INSERT INTO %s SELECT * FROM records",
            "UPDATE %s SET agent = 'nobody'", "DELETE FROM %s", "TRUNCATE %s")) {
      assertThatThrownBy(() -> fixture.execute(sql.formatted(old)))
          .hasMessageContaining("refused: audit records are never changed");
    }
    assertThat(rows(old)).isEqualTo(52);
  }

  @Test
  void new_generation_has_the_shape_and_the_grants_of_the_old_one() {
    fixture.execute("GRANT SELECT ON records TO PUBLIC");
    fixture.execute("GRANT INSERT, SELECT ON records TO pg_monitor WITH GRANT OPTION");
    List<String> shape = fixture.query(SHAPE);
    assertThat(shape).anyMatch(line -> line.contains("CREATE TRIGGER"));

    for (int i = 0; i < 2; i++) {
      phantom(0, 51);
      repair(nothing(0, 51));
      assertThat(fixture.query(SHAPE)).isEqualTo(shape);
      assertThat(fixture.oldGenerations()).hasSize(i + 1);
    }
    assertThatThrownBy(() -> fixture.execute("UPDATE records SET agent = 'nobody'"))
        .hasMessageContaining("refused: audit records are never changed");
  }

  @Test
  void layout_may_be_made_again_after_a_new_generation() {
    List<String> shape = fixture.query(SHAPE);
    phantom(0, 51);
    repair(nothing(0, 51));

    fixture.execute("COMMENT ON SCHEMA %s IS 'an older layout'".formatted(fixture.schema()));
    projector.acquire(0);

    assertThat(fixture.query(SHAPE)).isEqualTo(shape);
    assertThat(fixture.shown()).isEqualTo(whole);
    assertThat(fixture.oldGenerations()).hasSize(1);
    other.applyTo(projector);
    assertThat(fixture.shown()).hasSize(351);
    assertThat(rows(fixture.oldGenerations().get(0))).isEqualTo(52);
  }

  @Test
  void records_that_another_partition_appends_meanwhile_are_all_there() {
    CompletableFuture<Void> appending =
        CompletableFuture.runAsync(
            () -> {
              try (Projector elsewhere = fixture.open()) {
                other.applyTo(elsewhere, 2);
              }
            });
    while (!appending.isDone()) {
      phantom(0, 51);
      repair(nothing(0, 51));
    }
    appending.join();

    assertThat(fixture.oldGenerations()).hasSizeGreaterThan(1);
    List<String> repaired = fixture.shown();
    fixture.wipe();
    log.applyTo(projector);
    other.applyTo(projector);
    assertThat(repaired).isEqualTo(fixture.shown());
  }

  @Test
  void repairs_of_two_partitions_at_once_wait_for_each_other() {
    other.applyTo(projector);
    for (int i = 0; i < 10; i++) {
      phantom(0, 51);
      phantom(1, 300);
      CompletableFuture<Void> elsewhere =
          CompletableFuture.runAsync(() -> repair(1, nothing(1, 300)));
      repair(nothing(0, 51));
      elsewhere.join();
    }
    assertThat(fixture.shown()).hasSize(351).containsAll(whole);
    assertThat(fixture.oldGenerations()).hasSize(20);
  }

  @Test
  void repair_gives_way_to_who_reads_for_long_and_can_be_tried_again() {
    phantom(0, 51);
    PostgresConfig server = PostgresFixture.server();
    Jdbi.create(server.url(), server.user(), server.password())
        .useTransaction(
            handle -> {
              handle.execute(
                  "LOCK TABLE %s.records IN ACCESS SHARE MODE".formatted(fixture.schema()));
              RuntimeException failure = catchRuntimeException(() -> repair(nothing(0, 51)));
              assertThat(failure).hasMessageContaining("lock timeout");
              assertThat(projector.isTransient(failure)).isTrue();
            });
    assertThat(fixture.oldGenerations()).isEmpty();

    repair(nothing(0, 51));

    assertThat(fixture.oldGenerations()).hasSize(1);
    assertThat(fixture.shown()).isEqualTo(whole);
  }

  private void repair(History... histories) {
    repair(0, histories);
  }

  private void repair(int partition, History... histories) {
    Fence held = projector.stored(partition);
    projector.repair(new Repair(partition, held.epoch(), held.offset(), List.of(histories)));
  }

  private History history(long offset) {
    return AuditFixture.history(log, offset);
  }

  private static History nothing(int partition, long offset) {
    return new History(Entity.record(partition, offset), List.of());
  }

  private void phantom(int partition, long offset) {
    fixture.phantom(partition, offset);
  }

  private long rows(String table) {
    return Long.parseLong(fixture.query("SELECT count(*) FROM " + table).get(0));
  }
}
