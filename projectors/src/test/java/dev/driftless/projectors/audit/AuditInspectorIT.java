package dev.driftless.projectors.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Held;
import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.History;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.postgres.EntityTables;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.postgres.TestLog;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AuditInspectorIT {

  private final AuditFixture fixture = new AuditFixture();
  private final EntityTables inspector =
      AuditInspector.open(PostgresFixture.server(), fixture.names(), 2);
  private final TestLog log = TestLog.random("topic", 1, 20, 11);

  @BeforeEach
  void audit() {
    try (Projector projector = fixture.open()) {
      log.applyTo(projector);
    }
  }

  @AfterEach
  void close() {
    inspector.close();
    fixture.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "append_time = append_time + interval '1 us'",
        "log_time = 'infinity'",
        "outcome = 'duplicate'",
        "reason = ''",
        "event_id = NULL",
        "event_type = 'x'",
        "occurred_at = '-infinity'",
        "tenant = 'x'",
        "subject = 'x'",
        "agent = 'x'",
        "session = NULL",
        "correlation_id = 'x'",
        "causation_id = 'x'",
        "entity_ids = '{x,NULL}'",
        "key_hash = NULL",
        "record_hash = ''",
        "prev_hash = sha256('x')",
        "chain_hash = sha256('x')",
        "content_hash = sha256('x')"
      })
  void every_edited_column_shows(String edit) {
    HeldRow expected = inspector.expected(List.of(history(3))).get(0).get(0);
    assertThat(held(1, 3)).isEqualTo(List.of(expected));

    fixture.tamper("UPDATE records SET %s WHERE log_offset = 3".formatted(edit));

    assertThat(held(1, 3)).hasSize(1).noneMatch(expected::matches);
    assertThat(held(1, 4)).isEqualTo(inspector.expected(List.of(history(4))).get(0));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 20",
    "7, 0",
    "1, -1",
    "-3, 1000",
    "-1, -513",
    "2147483647, 9223372036854775807",
    "-2147483648, -9223372036854775808"
  })
  void phantom_row_is_found_in_its_bucket_whatever_its_numbers(int partition, long offset) {
    long[] before = inspector.buckets().digests();
    fixture.phantom(partition, offset);

    Entity phantom = Entity.record(partition, offset);
    List<HeldRow> rows = held(partition, offset);
    assertThat(rows).extracting(HeldRow::name).containsExactly("records");
    assertThat(rows).extracting(HeldRow::offset).containsExactly(offset);
    before[phantom.bucket()] ^= rows.get(0).digest();
    assertThat(inspector.buckets().digests()).isEqualTo(before);
    List<Entity> found = new ArrayList<>();
    BitSet bucket = new BitSet();
    bucket.set(phantom.bucket());
    inspector.entities(bucket, found::add);
    assertThat(found).contains(phantom);
    assertThat(inspector.expected(List.of(new History(phantom, List.of()))))
        .isEqualTo(List.of(List.of()));
    assertThat(inspector.contents(phantom)).hasSize(1);
  }

  @Test
  void record_that_an_older_projector_refused_differs_by_its_digest_alone() {
    History now = history(3);
    LogRecord r = now.records().get(0);
    LogRecord refused =
        new LogRecord(
            r.partition(),
            r.offset(),
            r.logTime(),
            r.appendTime(),
            r.key(),
            r.value(),
            Disposition.REFUSED,
            null,
            "not known yet");
    History then = new History(now.entity(), List.of(refused), now.chainBefore());

    List<List<HeldRow>> expected = inspector.expected(List.of(now, then));

    assertThat(expected.get(1)).extracting(HeldRow::name).containsExactly("records");
    assertThat(expected.get(1)).extracting(HeldRow::offset).containsExactly(3L);
    assertThat(expected.get(1)).isNotEqualTo(expected.get(0));
  }

  @Test
  void view_is_read_whole_though_a_new_generation_is_made_meanwhile() {
    PostgresConfig server = PostgresFixture.server();
    List<CompletableFuture<List<HeldRow>>> reading = new ArrayList<>();
    Jdbi.create(server.url(), server.user(), server.password())
        .useTransaction(
            handle -> {
              handle.execute("SET LOCAL search_path TO " + fixture.schema());
              handle.execute("SELECT new_generation('{1}', '{5}')");
              reading.add(CompletableFuture.supplyAsync(() -> held(1, 3)));
              assertThatThrownBy(() -> reading.get(0).get(500, TimeUnit.MILLISECONDS))
                  .isInstanceOf(TimeoutException.class);
            });

    assertThat(reading.get(0).join()).isEqualTo(inspector.expected(List.of(history(3))).get(0));
    assertThat(held(1, 5)).isEmpty();
  }

  private List<HeldRow> held(int partition, long offset) {
    List<Held> held = inspector.read(List.of(Entity.record(partition, offset)));
    assertThat(held).hasSize(1);
    return held.get(0).rows();
  }

  private History history(long offset) {
    return AuditFixture.history(log, offset);
  }
}
