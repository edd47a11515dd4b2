package dev.driftless.projectors.audit;

import static dev.driftless.projectors.postgres.TestLog.at;
import static dev.driftless.projectors.postgres.TestLog.event;
import static dev.driftless.projectors.postgres.TestLog.memory;
import static dev.driftless.projectors.postgres.TestLog.pattern;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchRuntimeException;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MemoryRecalled;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.postgres.TestLog;
import dev.driftless.schemas.SubjectKey;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AuditProjectorIT {

  private final AuditFixture fixture = new AuditFixture();
  private final Projector projector = fixture.open();
  private final AuditReader reader = new AuditReader(PostgresFixture.server(), fixture.names());
  private final TestLog log = new TestLog("topic", 0);

  @AfterEach
  void close() {
    reader.close();
    projector.close();
    fixture.close();
  }

  @Test
  void every_record_has_a_row_whatever_became_of_it() {
    log.add(event("acme", "mia", memory("m1", "text", null)));
    log.add(event("acme", "mia", memory("m1", "text", null)), Disposition.DUPLICATE);
    log.add(event("acme", "mia", new MemoryForgotten("m1", "mia asked for it")));
    log.add(event("acme", "mia", memory("m1", "again", null)), Disposition.FORGOTTEN);
    log.refused(null, null, "the record has no value");
    log.refused(new byte[] {1, 2}, new byte[0], "not in the wire format");
    log.refused(new SubjectKey("acme", "mia").bytes(), new byte[] {1}, "not in the wire format");
    log.applyTo(projector);

    assertThat(fixture.query("SELECT outcome FROM records ORDER BY log_offset"))
        .containsExactly(
            "applied", "duplicate", "applied", "forgotten", "refused", "refused", "refused");
    assertThat(reader.rows()).isEqualTo(7);
    assertThat(fixture.shown().get(0)).contains(fixture.trace(log.records().get(0).event()));
    assertThat(reader.latest("acme", "mia", 2))
        .extracting(AuditRecord::logOffset, AuditRecord::reason, AuditRecord::eventType)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(6L, "not in the wire format", null),
            org.assertj.core.groups.Tuple.tuple(3L, null, "MemoryRecorded"));
  }

  @Test
  void row_says_who_and_which_and_when() {
    MemoryEvent event =
        new MemoryEvent(
            "e1",
            Instant.parse("2020-01-01T00:00:00.123Z"),
            "acme",
            "mia",
            "helper",
            "run-1",
            "c1",
            "c0",
            new MemoryRecalled(List.of("m,1", "m\"2\\"), "what mia likes"));
    log.add(event);
    log.applyTo(projector);

    AuditRecord row = reader.latest("acme", "mia", 10).get(0);
    assertThat(row.metadata())
        .isEqualTo(
            new Metadata(
                "e1",
                "MemoryRecalled",
                Instant.parse("2020-01-01T00:00:00.123Z"),
                "acme",
                "mia",
                "helper",
                "run-1",
                "c1",
                "c0",
                List.of("m,1", "m\"2\\")));
    assertThat(row.appendTime()).isEqualTo(at(0));
    assertThat(row.logTime()).isEqualTo(at(0));
    assertThat(row.contentHash()).isEqualTo(row.expectedContentHash());
  }

  @Test
  void no_text_of_any_event_is_stored() {
    TestLog.random("topic", 0, 100, 5).applyTo(projector);
    log.add(event("acme", "mia", new MemoryRecalled(List.of("m"), "what mia likes")));

    assertThat(fixture.shown())
        .hasSize(100)
        .noneMatch(line -> line.matches(".*(text \"|holds |no more|search|done).*"));
  }

  @Test
  void chain_can_be_computed_from_the_log_alone() throws Exception {
    byte[] key = new SubjectKey("acme", "mia").bytes();
    MemoryEvent event = event("acme", "mia", memory("m1", "text", null));
    log.add(event).control().refused(null, null, "the record has no value");
    log.applyTo(projector);

    byte[] value = TestLog.bytes(event);
    byte[] first =
        ByteBuffer.allocate(28 + key.length + value.length)
            .putInt(0)
            .putLong(0)
            .putLong(at(0).toEpochMilli())
            .putInt(key.length)
            .put(key)
            .putInt(value.length)
            .put(value)
            .array();
    byte[] second =
        ByteBuffer.allocate(28)
            .putInt(0)
            .putLong(2)
            .putLong(at(2).toEpochMilli())
            .putInt(-1)
            .putInt(-1)
            .array();
    byte[] genesis = sha256("topic".getBytes(UTF_8), new byte[4]);
    byte[] chain0 = sha256(genesis, first);
    byte[] chain2 = sha256(chain0, second);
    assertThat(column("key_hash")).containsExactly(hex(sha256(key)), null);
    assertThat(column("record_hash")).containsExactly(hex(sha256(first)), hex(sha256(second)));
    assertThat(column("prev_hash")).containsExactly(hex(genesis), hex(chain0));
    assertThat(column("chain_hash")).containsExactly(hex(chain0), hex(chain2));
  }

  @Test
  void batch_borders_do_not_show() {
    TestLog random = TestLog.random("topic", 0, 300, 42);
    random.applyTo(projector);
    List<String> whole = fixture.shown();
    assertThat(whole).hasSize(300);
    for (int size : new int[] {1, 7}) {
      fixture.wipe();
      random.applyTo(projector, size);
      assertThat(fixture.shown()).isEqualTo(whole);
    }
  }

  @Test
  void partitions_have_chains_of_their_own() {
    log.add(event("acme", "mia", memory("m1", "text", null)));
    TestLog other = new TestLog("topic", 1);
    other.add(event("initech", "mia", memory("m1", "text", null)));
    log.applyTo(projector);
    other.applyTo(projector);

    assertThat(column("prev_hash")).hasSize(2).doesNotHaveDuplicates();
    assertThat(reader.latest("initech", "mia", 5)).hasSize(1);
    assertThat(reader.latest("initech", "mia", 5).get(0).logPartition()).isEqualTo(1);
  }

  @Test
  void position_counts_control_records() {
    log.add(event("acme", "mia", memory("m1", "text", null))).control().control();
    log.applyTo(projector);

    assertThat(projector.stored(0).offset()).isEqualTo(3);
    log.add(event("acme", "mia", memory("m2", "text", null)));
    log.applyTo(projector);
    assertThat(fixture.query("SELECT log_offset FROM records ORDER BY 1"))
        .containsExactly("0", "3");
  }

  @Test
  void metadata_that_postgresql_cannot_hold_is_replaced_and_the_row_is_there() {
    String tooLong = "x".repeat(399) + "\ud83d\ude00" + "y".repeat(5_000);
    log.add(
        new MemoryEvent(
            "e\0",
            Instant.ofEpochMilli(Long.MAX_VALUE),
            tooLong,
            "mi\0a",
            "help\0er",
            "\0",
            "c\0",
            "d\0",
            new MemoryForgotten("m\0", "r\0")));
    log.refused("a\0b".getBytes(UTF_8), null, "odd \0 reason");
    log.applyTo(projector);

    AuditRecord row = reader.latest(tooLong, "mi\0a", 1).get(0);
    assertThat(row.eventId()).isEqualTo("e\ufffd");
    assertThat(row.tenant()).isEqualTo("x".repeat(399));
    assertThat(row.subject()).isEqualTo("mi\ufffda");
    assertThat(row.entityIds()).containsExactly("m\ufffd");
    assertThat(row.occurredAt()).isNull();
    assertThat(reader.latest("a", "b", 1).get(0).reason()).isEqualTo("odd \ufffd reason");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "UPDATE records SET agent = 'nobody'",
        "UPDATE records SET agent = 'nobody' WHERE false",
        "DELETE FROM records",
        "TRUNCATE records",
        "TRUNCATE view_positions, records",
        "INSERT INTO records SELECT * FROM records ON CONFLICT (log_partition, log_offset) DO UPDATE SET agent = 'x'",
        "MERGE INTO records r USING records o ON r.log_offset = o.log_offset WHEN MATCHED THEN DELETE"
      })
  void history_is_not_changed_by_its_owner_or_a_superuser(String sql) {
    log.add(event("acme", "mia", memory("m1", "text", null)));
    log.applyTo(projector);
    List<String> before = fixture.shown();

    assertThatThrownBy(() -> fixture.execute(sql))
        .hasMessageContaining("refused: audit records are never changed");
    assertThat(fixture.shown()).isEqualTo(before);
  }

  @Test
  void redelivered_batch_or_older_epoch_is_fenced() {
    log.add(event("acme", "mia", pattern("p", "likes aisles", 0.5)));
    Fence fence = projector.acquire(0);
    projector.apply(log.batch(fence, 0, 1));
    List<String> before = fixture.shown();

    assertThatThrownBy(() -> projector.apply(log.batch(fence, 0, 1)))
        .isInstanceOf(FencedException.class);
    projector.acquire(0);
    log.add(event("acme", "mia", pattern("p", "likes aisles", 0.5)));
    assertThatThrownBy(() -> projector.apply(log.batch(fence, 1, 2)))
        .isInstanceOf(FencedException.class);
    assertThat(fixture.shown()).isEqualTo(before);
  }

  @Test
  void rows_that_are_there_stay_when_the_position_is_moved_back_also_edited_ones() {
    TestLog random = TestLog.random("topic", 0, 100, 1);
    random.applyTo(projector);
    List<String> whole = fixture.shown();
    fixture.execute("UPDATE view_positions SET position = 40");
    random.applyTo(projector, 13);
    assertThat(fixture.shown()).isEqualTo(whole);

    fixture.tamper("UPDATE records SET agent = 'nobody' WHERE log_offset = 50");
    fixture.tamper("DELETE FROM records WHERE log_offset = 60");
    fixture.execute("UPDATE view_positions SET position = 40");
    random.applyTo(projector, 13);
    assertThat(fixture.shown())
        .hasSize(100)
        .containsAll(whole.stream().filter(line -> !line.contains("log_offset=50 ")).toList())
        .anyMatch(line -> line.contains("log_offset=50 ") && line.contains("agent=nobody"));
  }

  @Test
  void copy_put_back_is_noticed_and_caught_up() {
    TestLog random = TestLog.random("topic", 0, 200, 3);
    Fence fence = projector.acquire(0);
    projector.apply(random.batch(fence, 0, 90));
    List<String> before = fixture.shown();
    Runnable copy = fixture.copy();
    projector.apply(random.batch(fence, 90, 200));
    List<String> after = fixture.shown();

    copy.run();
    assertThat(fixture.shown()).isEqualTo(before);
    assertThat(projector.stored(0).offset()).isEqualTo(90);
    random.applyTo(projector);
    assertThat(fixture.shown()).isEqualTo(after);
    fixture.wipe();
    assertThat(projector.stored(0)).isEqualTo(Fence.NONE);
    assertThat(reader.latest("acme", "s0", 1)).isEmpty();
    copy.run();
    assertThat(fixture.shown()).isEqualTo(before);
    assertThatThrownBy(() -> fixture.execute("TRUNCATE records")).hasMessageContaining("refused");
  }

  @Test
  void store_that_is_away_is_transient() {
    PostgresConfig server = PostgresFixture.server();
    PostgresConfig away =
        new PostgresConfig(
            "jdbc:postgresql://127.0.0.1:1/postgres",
            server.user(),
            server.password(),
            1,
            Duration.ofMillis(300),
            Duration.ofSeconds(1));
    try (Projector elsewhere = new AuditProjector(away, fixture.names())) {
      RuntimeException failure = catchRuntimeException(() -> elsewhere.acquire(0));
      assertThat(failure).isNotNull();
      assertThat(elsewhere.isTransient(failure)).isTrue();
    }
  }

  private List<String> column(String hash) {
    return fixture.query("SELECT encode(" + hash + ", 'hex') FROM records ORDER BY log_offset");
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static byte[] sha256(byte[]... parts) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (byte[] part : parts) {
      digest.update(part);
    }
    return digest.digest();
  }
}
