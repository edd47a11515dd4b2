package dev.driftless.projectors.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.projectors.BucketDigests;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.Held;
import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.Histories;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.ReadCost;
import dev.driftless.projectors.Repair;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the inspector of a view of events in PostgreSQL promises beyond what all views do. */
@Tag("contract")
public abstract class PostgresInspectorContract {

  private PostgresFixture fixture;
  private Projector projector;
  private Inspector inspector;

  /** A fresh, empty view. */
  protected abstract PostgresFixture fixture();

  /** Events that leave a row in every table. */
  protected abstract TestLog everyTable();

  @BeforeEach
  void open() {
    fixture = fixture();
    projector = fixture.open();
    inspector = fixture.inspect(1);
  }

  @AfterEach
  void close() {
    inspector.close();
    projector.close();
    fixture.close();
  }

  @Test
  void whatever_comes_in_whatever_batches_is_what_is_expected_of_its_history() {
    TestLog log = TestLog.random("topic", 0, 400, 7);
    log.applyTo(projector, 7);
    assertThat(different(log)).isEmpty();
    assertThat(expectedBuckets(log)).isEqualTo(digests());
  }

  @Test
  void each_column_that_is_edited_shows_in_its_row_and_in_its_bucket() {
    TestLog log = everyTable();
    log.applyTo(projector);
    assertThat(different(log)).isEmpty();
    long[] before = digests();
    Runnable putBack = fixture.copy();
    List<String> edits = edits();
    assertThat(edits).hasSizeGreaterThan(30);
    for (String edit : edits) {
      assertThat(fixture.execute(edit)).isEqualTo(1);
      assertThat(different(log)).as(edit).isNotEmpty();
      assertThat(digests()).as(edit).isNotEqualTo(before);
      putBack.run();
    }
    assertThat(different(log)).isEmpty();
    assertThat(digests()).isEqualTo(before);
  }

  @Test
  void rows_that_are_lost_edited_or_made_up_are_repaired() {
    TestLog log = TestLog.random("topic", 0, 200, 11);
    log.applyTo(projector);
    List<String> before = fixture.shown();
    fixture.execute("DELETE FROM memories WHERE memory_id < 'i3'");
    fixture.execute("UPDATE memories SET text = 'edited', log_partition = 9 WHERE subject = 's1'");
    fixture.execute(
        "INSERT INTO memories SELECT (m).* FROM (SELECT jsonb_populate_record(o, '{\"subject\": \"nobody\"}') AS m FROM memories o LIMIT 1) x");
    List<Entity> wrong = different(log);
    Entity phantom = phantoms(log).get(0);
    assertThat(phantom.subject()).isEqualTo("nobody");
    List<History> histories = new ArrayList<>(Histories.of(log.records(), inspector));
    histories.removeIf(history -> !wrong.contains(history.entity()));
    histories.add(new History(phantom, List.of()));
    Fence fence = projector.acquire(0);
    projector.repair(new Repair(0, fence.epoch(), fence.offset(), histories));
    assertThat(fixture.shown()).isEqualTo(before);
    assertThat(different(log)).isEmpty();
    assertThat(phantoms(log)).isEmpty();
  }

  @Test
  void reading_some_entities_costs_what_they_hold_and_not_what_the_view_holds() {
    TestLog log = memories(20_000);
    log.applyTo(projector, 5_000);
    List<Entity> all = log.records().stream().map(r -> Entity.of(r.event())).distinct().toList();
    ReadCost some = cost(() -> inspector.read(all.subList(5_000, 6_000)));
    ReadCost whole =
        cost(
            () -> {
              inspector.entities(everyBucket(), entity -> {});
              inspector.buckets();
              for (int from = 0; from < all.size(); from += 1_000) {
                inspector.read(all.subList(from, from + 1_000));
              }
            });
    assertThat(some.sent()).isBetween(1_000L, 2_000L);
    assertThat(some.examined()).isBetween(some.sent(), some.sent() + 10);
    assertThat(whole.examined()).isGreaterThan(60_000);
    assertThat(some.total()).isLessThanOrEqualTo(whole.total() / 20);
  }

  /** The entities of the log of which something else is held than expected. */
  protected final List<Entity> different(TestLog log) {
    List<History> histories = Histories.of(log.records(), inspector);
    List<List<HeldRow>> expected = inspector.expected(histories);
    List<Held> held = inspector.read(histories.stream().map(History::entity).toList());
    List<Entity> different = new ArrayList<>();
    for (int i = 0; i < held.size(); i++) {
      assertThat(held.get(i).asOf()).isEqualTo(log.end());
      List<HeldRow> rows = new ArrayList<>(held.get(i).rows());
      boolean all =
          expected.get(i).stream().allMatch(row -> rows.removeIf(other -> other.matches(row)));
      if (!all || !rows.isEmpty()) {
        different.add(held.get(i).entity());
      }
    }
    return different;
  }

  /** The one that all tests share. */
  protected final PostgresFixture view() {
    return fixture;
  }

  /** On {@link #view}. */
  protected final Projector projector() {
    return projector;
  }

  /** On {@link #view}. */
  protected final Inspector inspector() {
    return inspector;
  }

  private List<Entity> phantoms(TestLog log) {
    List<Entity> known =
        Histories.of(log.records(), inspector).stream().map(History::entity).toList();
    List<Entity> phantoms = new ArrayList<>();
    inspector.entities(
        everyBucket(),
        entity -> {
          if (!known.contains(entity)) {
            phantoms.add(entity);
          }
        });
    return phantoms;
  }

  private long[] expectedBuckets(TestLog log) {
    List<History> histories = Histories.of(log.records(), inspector);
    List<List<HeldRow>> expected = inspector.expected(histories);
    long[] digests = new long[Entity.BUCKETS];
    for (int i = 0; i < histories.size(); i++) {
      for (HeldRow row : expected.get(i)) {
        digests[histories.get(i).entity().bucket()] ^= row.digest();
      }
    }
    return digests;
  }

  private long[] digests() {
    BucketDigests buckets = inspector.buckets();
    assertThat(buckets).isNotNull();
    return buckets.digests();
  }

  private ReadCost cost(Runnable reading) {
    ReadCost before = inspector.cost();
    reading.run();
    return inspector.cost().since(before);
  }

  private static TestLog memories(int count) {
    TestLog log = new TestLog("topic", 0);
    for (int i = 0; i < count; i++) {
      TestLog unused =
          log.add(TestLog.event("acme", "s" + i % 100, TestLog.memory("m" + i, "text " + i, null)));
    }
    return log;
  }

  private static BitSet everyBucket() {
    BitSet all = new BitSet();
    all.set(0, Entity.BUCKETS);
    return all;
  }

  /** An UPDATE of one row for each column of each table. */
  private List<String> edits() {
    return fixture.query(
        """
        SELECT format('UPDATE %1$I SET %2$I = %3$s WHERE ctid = (SELECT min(ctid) FROM %1$I)',
          table_name, column_name, format(CASE
            WHEN column_name = 'status' THEN 'CASE %1$I WHEN ''FAILED'' THEN ''INTENDED'' ELSE ''FAILED'' END'
            WHEN data_type = 'text' THEN 'coalesce(%1$I, '''') || ''x'''
            WHEN data_type IN ('integer', 'bigint') THEN 'coalesce(%1$I, 0) + 1000'
            WHEN data_type = 'double precision' THEN '%1$I + 1e-12'
            WHEN data_type = 'timestamp with time zone'
              THEN 'coalesce(%1$I, ''epoch'') + interval ''1 microsecond'''
            WHEN data_type = 'bytea' THEN '%1$I || ''\\x00'''
            WHEN data_type = 'jsonb' THEN '%1$I || ''{"edited": "by hand"}'''
            WHEN data_type = 'ARRAY' THEN 'array_append(%1$I, ''x'')'
          END, column_name))
        FROM information_schema.columns JOIN information_schema.tables t USING (table_schema, table_name)
        WHERE table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND table_name <> 'view_positions'
        ORDER BY table_name, ordinal_position
        """);
  }
}
