package dev.driftless.projectors.audit;

import static dev.driftless.projectors.audit.AuditReport.Kind.BROKEN_LINK;
import static dev.driftless.projectors.audit.AuditReport.Kind.EDITED_ROW;
import static dev.driftless.projectors.audit.AuditReport.Kind.MISSING_ROW;
import static dev.driftless.projectors.audit.AuditReport.Kind.OTHER_LOG;
import static dev.driftless.projectors.audit.AuditReport.Kind.ROW_BEFORE_LOG;
import static dev.driftless.projectors.audit.AuditReport.Kind.ROW_WITHOUT_RECORD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.History;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.postgres.TestLog;
import dev.driftless.schemas.UndecodableException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class AuditVerifierIT {

  private static final String ANY_HASH = "sha256('anything')";

  private final AuditFixture fixture = new AuditFixture();
  private final Projector projector = fixture.open();
  private final AuditVerifier verifier =
      new AuditVerifier(PostgresFixture.server(), fixture.names(), this::decode);
  private final TestLog records = TestLog.random("topic", 0, 50, 11);
  private final TestLog other = TestLog.random("topic", 1, 20, 12);
  private final MemoryLog log = new MemoryLog("topic", records, other);

  @BeforeEach
  void audit() {
    records.refused(null, null, "the record has no value").control();
    records.applyTo(projector, 9);
    other.applyTo(projector);
  }

  @AfterEach
  void close() {
    verifier.close();
    projector.close();
    fixture.close();
  }

  @Test
  void untouched_view_is_proved_up_to_its_position() {
    List<AuditReport> reports = verifier.verify(log, (partition, offset, end) -> {});

    assertThat(reports)
        .containsExactly(
            new AuditReport(0, 51, 52, 0, List.of()), new AuditReport(1, 20, 20, 0, List.of()));
    assertThat(reports).allMatch(AuditReport::proved);
  }

  @Test
  void view_that_lags_is_proved_as_far_as_it_is() {
    records.add(TestLog.event("acme", "mia", TestLog.memory("m", "text", null)));

    assertThat(verify()).isEmpty();
    assertThat(verifier.verify(log, (partition, offset, end) -> {}).get(0).verifiedTo())
        .isEqualTo(52);
  }

  @Test
  void view_that_was_never_made_proves_nothing() {
    fixture.wipe();

    assertThat(verifier.verify(log, (partition, offset, end) -> {}))
        .containsExactly(
            new AuditReport(0, 0, 0, 0, List.of()), new AuditReport(1, 0, 0, 0, List.of()));
  }

  @Test
  void progress_is_told_to_the_end() {
    List<Long> told = new ArrayList<>();
    verifier.verify(log, (partition, offset, end) -> told.add(offset));

    assertThat(told).containsExactly(52L, 20L);
  }

  @Test
  void deleted_row_is_missing_and_no_other_is_blamed() {
    fixture.tamper("DELETE FROM records WHERE log_partition = 0 AND log_offset IN (7, 50)");

    assertThat(verify()).containsExactly("MISSING_ROW 0/7", "MISSING_ROW 0/50");
  }

  @Test
  void every_edited_column_is_found() {
    List<String> columns =
        List.of(
            "append_time = append_time + interval '1 ms'",
            "log_time = log_time + interval '1 ms'",
            "outcome = 'duplicate'",
            "reason = 'x'",
            "event_id = 'x'",
            "event_type = 'x'",
            "occurred_at = NULL",
            "tenant = 'x'",
            "subject = 'x'",
            "agent = 'x'",
            "session = NULL",
            "correlation_id = 'x'",
            "causation_id = 'x'",
            "entity_ids = '{x}'",
            "key_hash = " + ANY_HASH,
            "record_hash = " + ANY_HASH,
            "content_hash = " + ANY_HASH);
    for (int i = 0; i < columns.size(); i++) {
      fixture.tamper(
          "UPDATE records SET " + columns.get(i) + " WHERE log_partition = 0 AND log_offset = ?",
          i);
    }

    List<AuditReport.Finding> findings = findings();
    assertThat(findings).hasSize(columns.size());
    for (int i = 0; i < columns.size(); i++) {
      AuditReport.Finding finding = findings.get(i);
      assertThat(finding.offset()).isEqualTo(i);
      assertThat(finding.kind()).isEqualTo(EDITED_ROW);
      String column = columns.get(i).substring(0, columns.get(i).indexOf(' '));
      if (!List.of("outcome", "reason").contains(column)) {
        assertThat(finding.detail()).contains(column);
      }
    }
  }

  @Test
  void metadata_edited_with_a_content_hash_that_fits_is_found_by_the_log() {
    MemoryEvent event = records.records().get(3).event();
    fixture.tamper(
        "UPDATE records SET agent = 'nobody' WHERE log_partition = 0 AND log_offset = 3");
    AuditRecord edited = row(event, 3);
    fixture.tamper(
        "UPDATE records SET agent = 'nobody', content_hash = ? WHERE log_partition = 0 AND log_offset = 3",
        (Object) HexFormat.of().parseHex(edited.expectedContentHash()));

    assertThat(findings())
        .containsExactly(new AuditReport.Finding(EDITED_ROW, 0, 3, "not as the log has it: agent"));
  }

  @Test
  void edited_hash_of_the_chain_is_a_broken_link_at_its_row_alone() {
    fixture.tamper(
        "UPDATE records SET chain_hash = %s WHERE log_partition = 0 AND log_offset = 5"
            .formatted(ANY_HASH));
    fixture.tamper(
        "UPDATE records SET prev_hash = %s WHERE log_partition = 0 AND log_offset = 9"
            .formatted(ANY_HASH));

    assertThat(verify()).containsExactly("BROKEN_LINK 0/5", "BROKEN_LINK 0/9");
  }

  @Test
  void a_deleted_end_breaks_no_chain_while_the_projector_runs() {
    fixture.tamper("DELETE FROM records WHERE log_partition = 0 AND log_offset >= 40");
    for (int i = 0; i < 5; i++) {
      records.add(TestLog.event("acme", "mia", TestLog.memory("m" + i, "text", null)));
    }
    records.applyTo(projector, 2);

    assertThat(verify()).hasSize(11).startsWith("MISSING_ROW 0/40").endsWith("MISSING_ROW 0/50");
  }

  @Test
  void a_projector_that_begins_behind_a_deleted_end_breaks_the_chain_once() {
    fixture.tamper("DELETE FROM records WHERE log_partition = 0 AND log_offset >= 40");
    for (int i = 0; i < 5; i++) {
      records.add(TestLog.event("acme", "mia", TestLog.memory("m" + i, "text", null)));
    }
    try (Projector next = fixture.open()) {
      records.applyTo(next, 2);
    }

    assertThat(verify())
        .hasSize(12)
        .startsWith("MISSING_ROW 0/40")
        .endsWith("MISSING_ROW 0/50", "BROKEN_LINK 0/52");
  }

  @Test
  void phantom_rows_are_found_between_behind_and_in_partitions_that_are_not() {
    fixture.phantom(0, 51);
    fixture.phantom(0, 60);
    fixture.phantom(7, 0);

    assertThat(verify())
        .containsExactly(
            "ROW_WITHOUT_RECORD 0/51", "ROW_WITHOUT_RECORD 0/60", "ROW_WITHOUT_RECORD 7/0");
  }

  @Test
  void swapped_rows_are_found_both() {
    fixture.tamper(
        "UPDATE records SET log_offset = -1 WHERE log_partition = 0 AND log_offset = 20");
    fixture.tamper(
        "UPDATE records SET log_offset = 20 WHERE log_partition = 0 AND log_offset = 30");
    fixture.tamper(
        "UPDATE records SET log_offset = 30 WHERE log_partition = 0 AND log_offset = -1");

    assertThat(verify())
        .containsExactly(
            "EDITED_ROW 0/20", "BROKEN_LINK 0/20", "EDITED_ROW 0/30", "BROKEN_LINK 0/30");
  }

  @Test
  void log_that_lost_its_beginning_cannot_prove_it_but_proves_the_rest() {
    log.first = 3;

    assertThat(verify())
        .containsExactly("ROW_BEFORE_LOG 0/0", "ROW_BEFORE_LOG 0/1", "ROW_BEFORE_LOG 0/2");
  }

  @Test
  void view_of_another_log_is_not_compared() {
    MemoryLog another = new MemoryLog("another-topic", records);

    assertThat(verifier.verify(another, (partition, offset, end) -> {}).get(0).findings())
        .extracting(AuditReport.Finding::kind)
        .containsExactly(OTHER_LOG);
  }

  @Test
  void repaired_view_is_proved() {
    fixture.tamper("UPDATE records SET agent = 'nobody' WHERE log_partition = 0");
    fixture.tamper("DELETE FROM records WHERE log_offset = 7");
    fixture.phantom(0, 51);
    fixture.phantom(7, 0);
    assertThat(verify()).isNotEmpty();

    repair(records, Entity.record(0, 51), Entity.record(7, 0));
    repair(other);

    assertThat(verify()).isEmpty();
    assertThat(fixture.oldGenerations()).hasSize(1);
  }

  @Test
  void new_generation_waits_for_who_is_verifying() throws Exception {
    fixture.phantom(7, 0);
    List<CompletableFuture<Void>> repairs = new ArrayList<>();
    log.betweenPositionAndRows =
        () -> {
          if (repairs.isEmpty()) {
            repairs.add(CompletableFuture.runAsync(() -> repair(records, Entity.record(7, 0))));
            assertThatThrownBy(() -> repairs.get(0).get(500, TimeUnit.MILLISECONDS))
                .isInstanceOf(TimeoutException.class);
          }
        };

    assertThat(verifier.verify(log, (partition, offset, end) -> {}))
        .extracting(AuditReport::recordsChecked)
        .startsWith(51L, 20L);
    repairs.get(0).get(10, TimeUnit.SECONDS);
    assertThat(verify()).isEmpty();
  }

  @Test
  void kinds_of_findings_are_the_ones_these_tests_know() {
    assertThat(AuditReport.Kind.values())
        .containsExactly(
            MISSING_ROW, ROW_WITHOUT_RECORD, ROW_BEFORE_LOG, EDITED_ROW, BROKEN_LINK, OTHER_LOG);
  }

  /** All records of the partition as the log has them, and no row of the phantoms. */
  private void repair(TestLog partition, Entity... phantoms) {
    List<History> histories = new ArrayList<>(AuditFixture.histories(partition));
    for (Entity phantom : phantoms) {
      histories.add(new History(phantom, List.of()));
    }
    Fence held = projector.stored(partition.partition());
    projector.repair(new Repair(partition.partition(), held.epoch(), held.offset(), histories));
  }

  private AuditRecord row(MemoryEvent event, long offset) {
    try (AuditReader reader = new AuditReader(PostgresFixture.server(), fixture.names())) {
      return reader.latest(event.getTenant(), event.getSubject(), 1000).stream()
          .filter(r -> r.logPartition() == 0 && r.logOffset() == offset)
          .findFirst()
          .orElseThrow();
    }
  }

  private List<AuditReport.Finding> findings() {
    return verifier.verify(log, (partition, offset, end) -> {}).stream()
        .flatMap(report -> report.findings().stream())
        .toList();
  }

  private List<String> verify() {
    return findings().stream().map(f -> f.kind() + " " + f.partition() + "/" + f.offset()).toList();
  }

  /** The bytes are the log's own, so which event they are can be looked up there. */
  private MemoryEvent decode(byte @Nullable [] value) throws UndecodableException {
    return Stream.of(records, other)
        .flatMap(partition -> partition.records().stream())
        .filter(r -> r.decoded() != null && Arrays.equals(r.value(), value))
        .findFirst()
        .map(LogRecord::event)
        .orElseThrow(() -> new UndecodableException("not an event"));
  }

  private static final class MemoryLog implements AuditedLog {

    private final String topicId;
    private final List<TestLog> partitions;
    private long first;
    private Runnable betweenPositionAndRows = () -> {};

    MemoryLog(String topicId, TestLog... partitions) {
      this.topicId = topicId;
      this.partitions = List.of(partitions);
    }

    @Override
    public String topicId() {
      return topicId;
    }

    @Override
    public int partitions() {
      return partitions.size();
    }

    @Override
    public long firstOffset(int partition) {
      betweenPositionAndRows.run();
      return partition == 0 ? first : 0;
    }

    @Override
    public long endOffset(int partition) {
      return partitions.get(partition).end();
    }

    @Override
    public Iterator<Entry> records(int partition, long end) {
      return partitions.get(partition).records().stream()
          .filter(r -> (partition != 0 || r.offset() >= first) && r.offset() < end)
          .map(MemoryLog::entry)
          .iterator();
    }

    @Override
    public void close() {}

    private static Entry entry(LogRecord r) {
      return new Entry(r.offset(), r.appendTime(), r.key(), r.value());
    }
  }
}
