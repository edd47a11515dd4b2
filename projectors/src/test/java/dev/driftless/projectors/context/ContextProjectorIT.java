package dev.driftless.projectors.context;

import static dev.driftless.projectors.postgres.TestLog.at;
import static dev.driftless.projectors.postgres.TestLog.event;
import static dev.driftless.projectors.postgres.TestLog.memory;
import static dev.driftless.projectors.postgres.TestLog.pattern;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchRuntimeException;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MemoryKind;
import dev.driftless.events.MemoryRevised;
import dev.driftless.events.PatternLearned;
import dev.driftless.events.PatternRetired;
import dev.driftless.events.ToolCallCompensated;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallFailed;
import dev.driftless.events.ToolCallIntended;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.Memory;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.postgres.TestLog;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.assertj.core.util.Throwables;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ContextProjectorIT {

  private static final Instant LONG_AGO = Instant.parse("2001-01-01T00:00:00Z");

  private final ContextFixture fixture = new ContextFixture();
  private final Projector projector = fixture.open();
  private final ContextReader reader = new ContextReader(PostgresFixture.server(), fixture.names());
  private final TestLog log = new TestLog("topic", 0);

  @AfterEach
  void close() {
    reader.close();
    projector.close();
    fixture.close();
  }

  @Test
  void pattern_learned_again_is_reinforced_and_says_what_it_says_now() {
    log.add(event("acme", "mia", pattern("p", "likes aisles", 0.5, "m1")));
    log.applyTo(projector);
    log.add(event("acme", "mia", pattern("p", "prefers aisle seats", 0.75, "m1", "m2")));
    log.add(
        event("acme", "mia", pattern("p", "insists on aisle seats", 0.9, "a,b", "c\"d\\e", "")));
    log.applyTo(projector);

    assertThat(reader.patterns("acme", "mia"))
        .containsExactly(
            new ContextReader.Pattern(
                "p",
                "insists on aisle seats",
                0.9,
                List.of("a,b", "c\"d\\e", ""),
                3,
                at(0),
                at(2),
                2));
    assertThat(reader.rows()).isEqualTo(1);
  }

  @Test
  void pattern_learned_after_it_was_retired_begins_anew_whether_in_one_batch_or_in_several() {
    log.add(event("acme", "mia", pattern("p", "one", 0.5)));
    log.add(event("acme", "mia", pattern("p", "two", 0.5)));
    log.add(event("acme", "mia", new PatternRetired("p", null)));
    log.add(event("acme", "mia", pattern("p", "three", 0.5)));
    log.applyTo(projector);
    List<String> inOne = fixture.shown();
    fixture.wipe();
    log.applyTo(projector, 1);

    assertThat(reader.patterns("acme", "mia"))
        .containsExactly(
            new ContextReader.Pattern("p", "three", 0.5, List.of(), 1, at(3), at(3), 3));
    assertThat(fixture.shown()).isEqualTo(inOne);
  }

  @Test
  void retired_pattern_leaves_table_and_document() {
    log.add(event("acme", "mia", pattern("p", "likes aisles", 0.5)));
    log.add(event("acme", "mia", new PatternRetired("p", "moved on")));
    log.add(event("acme", "mia", new PatternRetired("unknown", null)));
    log.applyTo(projector);

    assertThat(reader.patterns("acme", "mia")).isEmpty();
    assertThat(reader.document("acme", "mia")).isEmpty();
  }

  @Test
  void document_holds_patterns_by_confidence_then_id() throws Exception {
    log.add(event("acme", "mia", pattern("c", "third", 0.5)));
    log.add(event("acme", "mia", pattern("b", "second", 0.5)));
    log.add(event("acme", "mia", pattern("Z", "first of the equal", 0.5)));
    log.add(event("acme", "mia", pattern("x", "sure", 0.9, "m1")));
    log.applyTo(projector);

    JsonNode patterns = document("acme", "mia").get("patterns");
    assertThat(patterns.findValuesAsText("patternId")).containsExactly("x", "Z", "b", "c");
    assertThat(patterns.get(0))
        .isEqualTo(
            json(
                """
                {"patternId": "x", "statement": "sure", "confidence": 0.9, "evidence": ["m1"], "reinforcements": 1,
                 "learnedAt": "2026-05-01T15:00:03.000Z", "reinforcedAt": "2026-05-01T15:00:03.000Z"}
                """));
  }

  @Test
  void document_holds_the_twenty_memories_that_were_recorded_or_revised_last() throws Exception {
    for (int i = 0; i < 22; i++) {
      log.add(event("acme", "mia", memory("m" + i, "text " + i, null)));
    }
    log.add(event("acme", "mia", revised("m0", "text 0 revised")));
    log.add(event("acme", "mia", new MemoryForgotten("m21", null)));
    log.applyTo(projector);

    JsonNode memories = document("acme", "mia").get("recentMemories");
    assertThat(memories).hasSize(20);
    assertThat(memories.findValuesAsText("memoryId"))
        .startsWith("m0", "m20", "m19")
        .endsWith("m3", "m2");
    assertThat(memories.get(0))
        .isEqualTo(
            json(
                """
                {"memoryId": "m0", "kind": "EPISODIC", "text": "text 0 revised", "attributes": {"k": "v"},
                 "rememberedAt": "2026-05-01T15:00:22.000Z", "expiresAt": null}
                """));
  }

  @Test
  void forgotten_memory_leaves_everything() {
    MemoryEvent secret = event("acme", "mia", memory("m1", "secret of mia", null));
    log.add(secret);
    log.applyTo(projector);
    assertThat(fixture.shown()).anyMatch(line -> line.contains(fixture.trace(secret)));
    log.add(event("acme", "mia", new MemoryForgotten("m1", null)));
    log.add(event("acme", "mia", memory("m1", "late secret of mia", null)), Disposition.FORGOTTEN);
    log.applyTo(projector);

    assertThat(fixture.shown()).noneMatch(line -> line.contains("secret of mia"));
  }

  @Test
  void expired_memory_is_stored_but_not_shown_and_older_live_ones_take_its_place()
      throws Exception {
    for (int i = 0; i < 22; i++) {
      log.add(event("acme", "mia", memory("m" + i, "text " + i, i == 21 ? LONG_AGO : null)));
    }
    log.add(event("acme", "bob", memory("m", "t", Instant.parse("+20000-01-01T00:00:00Z"))));
    log.applyTo(projector);

    assertThat(fixture.query("SELECT 1 FROM memories WHERE memory_id = 'm21'")).hasSize(1);
    JsonNode shown = document("acme", "mia").get("recentMemories");
    assertThat(shown.findValuesAsText("memoryId")).hasSize(20).startsWith("m20").endsWith("m1");
    assertThat(document("acme", "bob").at("/recentMemories/0/expiresAt").asText())
        .startsWith("20000-01-01T00:00:00");
  }

  @Test
  void tool_call_is_open_from_its_intent_to_its_outcome() throws Exception {
    log.add(event("acme", "mia", new ToolCallIntended("c1", "search", "{}")));
    log.add(event("acme", "mia", new ToolCallIntended("c2", "book", "{\"seat\": 1}")));
    log.add(event("acme", "mia", new ToolCallIntended("c3", "pay", "{}")));
    log.add(event("acme", "mia", new ToolCallIntended("c4", "mail", "{}")));
    log.applyTo(projector);
    log.add(event("acme", "mia", new ToolCallCompleted("c1", "search", "{}", "found")));
    log.add(event("acme", "mia", new ToolCallFailed("c3", "pay", "{}", "no money")));
    log.add(event("acme", "mia", new ToolCallCompensated("c4", "mail", "{}", "recalled")));
    log.applyTo(projector);

    assertThat(document("acme", "mia").get("openToolCalls"))
        .isEqualTo(
            json(
                """
                [{"session": "run-1", "toolCallId": "c2", "tool": "book", "arguments": "{\\"seat\\": 1}",
                  "agent": "helper", "intendedAt": "2026-05-01T15:00:01.000Z"}]
                """));
  }

  @Test
  void same_tool_call_id_in_another_session_or_in_none_is_another_call() throws Exception {
    ToolCallIntended intended = new ToolCallIntended("c", "search", "{}");
    var other = new MemoryEvent("e", at(0), "acme", "mia", "helper", null, null, null, intended);
    log.add(other);
    log.add(event("acme", "mia", new ToolCallIntended("c", "search", "{}")));
    log.add(event("acme", "mia", new ToolCallCompleted("c", "search", "{}", "found")));
    log.applyTo(projector);

    JsonNode calls = document("acme", "mia").get("openToolCalls");
    assertThat(calls).hasSize(1);
    assertThat(calls.get(0).get("session").isNull()).isTrue();
  }

  @Test
  void same_ids_of_two_tenants_and_subjects_are_apart() throws Exception {
    for (String tenant : List.of("acme", "initech")) {
      for (String subject : List.of("mia", "bob")) {
        log.add(event(tenant, subject, memory("m", "of " + tenant + " " + subject, null)));
        log.add(event(tenant, subject, pattern("p", "about " + tenant + " " + subject, 0.5)));
        log.add(event(tenant, subject, new ToolCallIntended("c", tenant + " " + subject, "{}")));
      }
    }
    log.add(event("acme", "mia", new MemoryForgotten("m", null)));
    log.add(event("acme", "mia", new PatternRetired("p", null)));
    log.add(event("acme", "mia", new ToolCallCompleted("c", "", "{}", "")));
    log.applyTo(projector);

    assertThat(reader.document("acme", "mia")).isEmpty();
    for (String[] other : new String[][] {{"acme", "bob"}, {"initech", "mia"}}) {
      JsonNode document = document(other[0], other[1]);
      assertThat(document.findValuesAsText("text"))
          .containsExactly("of " + String.join(" ", other));
      assertThat(document.findValuesAsText("statement"))
          .containsExactly("about " + String.join(" ", other));
      assertThat(document.findValuesAsText("tool")).containsExactly(String.join(" ", other));
    }
  }

  @Test
  void events_that_open_no_session_touch_nothing() {
    log.add(event("acme", "mia", new dev.driftless.events.SessionStarted(Map.of())));
    log.add(event("acme", "mia", new dev.driftless.events.MemoryRecalled(List.of("m"), "q")));
    log.refused(null, null, "nothing in it");
    log.add(event("acme", "mia", memory("m", "again", null)), Disposition.DUPLICATE);
    log.applyTo(projector);

    assertThat(fixture.shown()).isEmpty();
    assertThat(projector.stored(0).offset()).isEqualTo(4);
  }

  @Test
  void batch_borders_do_not_show() {
    TestLog random = TestLog.random("topic", 0, 300, 42);
    random.applyTo(projector);
    List<String> whole = fixture.shown();
    assertThat(whole).hasSizeGreaterThan(60);
    for (int size : new int[] {1, 7}) {
      fixture.wipe();
      random.applyTo(projector, size);
      assertThat(fixture.shown()).isEqualTo(whole);
    }
  }

  @Test
  void a_document_costs_as_many_rows_as_it_shows() {
    for (int i = 0; i < 2_000; i++) {
      TestLog unused = log.add(event("acme", "mia", memory("m" + i, "text", null)));
    }
    log.add(event("acme", "mia", pattern("p", "likes aisles", 0.5)));
    log.applyTo(projector);
    fixture.execute("ANALYZE memories"); // as autovacuum does
    fixture.execute(
        """
        CREATE FUNCTION examined() RETURNS bigint LANGUAGE sql AS
        'SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0)
         FROM pg_stat_xact_user_tables WHERE schemaname = current_schema()'
        """);
    fixture.execute(
        """
        CREATE FUNCTION examined_by_document() RETURNS bigint LANGUAGE plpgsql AS $$
        DECLARE before bigint DEFAULT examined();
        BEGIN
          PERFORM context_document('acme', 'mia');
          RETURN examined() - before;
        END $$
        """);

    assertThat(Long.parseLong(fixture.query("SELECT examined_by_document()").get(0)))
        .isBetween(21L, 30L);
  }

  @Test
  void documents_of_an_earlier_layout_are_gone() {
    log.add(event("acme", "mia", memory("m", "text", null)));
    log.applyTo(projector);
    fixture.execute("CREATE TABLE documents (tenant text, subject text, document jsonb)");
    fixture.execute("COMMENT ON TABLE documents IS 'one ready document per subject: {…}'");
    fixture.execute(
        """
        CREATE FUNCTION framed(bytes bytea) RETURNS bytea LANGUAGE sql RETURN bytes
        """);
    fixture.execute(
        """
        CREATE FUNCTION framed_text(characters text) RETURNS bytea LANGUAGE sql
        RETURN framed(convert_to(characters, 'UTF8'))
        """);
    fixture.execute(
        """
        CREATE FUNCTION assembled_document(of_tenant text, of_subject text, live_at timestamptz)
        RETURNS bytea LANGUAGE sql RETURN framed_text(of_tenant)
        """);
    fixture.execute(
        """
        CREATE OR REPLACE FUNCTION context_document(of_tenant text, of_subject text) RETURNS jsonb
        LANGUAGE sql RETURN (SELECT document FROM documents)
        """);
    fixture.execute("COMMENT ON SCHEMA %s IS 'an older layout'".formatted(fixture.schema()));
    var unused = projector.acquire(0);

    assertThat(fixture.query("SELECT to_regclass('documents') IS NULL")).containsExactly("t");
    assertThat(fixture.query("SELECT to_regproc('framed') IS NULL")).containsExactly("t");
    assertThat(reader.document("acme", "mia")).isPresent();
  }

  @Test
  void content_hashes_can_be_computed_from_the_events_alone() {
    PatternLearned learned = pattern("p", "likes \u00e4isles", 0.1, "m1", "m2");
    var remembered = event("acme", "mia", memory("m", "text", LONG_AGO));
    ToolCallIntended intended = new ToolCallIntended("c", "search", "{}");
    log.add(event("acme", "mia", pattern("p", "before", 1.0)));
    log.add(event("acme", "mia", learned)).add(remembered).add(event("acme", "mia", intended));
    log.applyTo(projector, 2);

    byte[] p = ContextProjector.patternHash(learned, 2, at(0));
    byte[] m = Memory.of(remembered).contentHash();
    byte[] c = ContextProjector.toolCallHash("run-1", intended, "helper");
    assertThat(hash("patterns")).isEqualTo(hex(p));
    assertThat(hash("memories")).isEqualTo(hex(m));
    assertThat(hash("open_tool_calls")).isEqualTo(hex(c));
  }

  @Test
  void redelivered_batch_or_older_epoch_is_fenced_and_counts_nothing() {
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
  void copy_put_back_is_noticed_and_caught_up() {
    TestLog random = TestLog.random("topic", 0, 200, 3);
    Fence fence = projector.acquire(0);
    projector.apply(random.batch(fence, 0, 90));
    List<String> before = fixture.shown();
    Runnable copy = fixture.copy();
    projector.apply(random.batch(fence, 90, 200));
    List<String> after = fixture.shown();

    copy.run();
    assertThat(fixture.shown()).isEqualTo(before).isNotEqualTo(after);
    assertThat(projector.stored(0).offset()).isEqualTo(90);
    random.applyTo(projector);
    assertThat(fixture.shown()).isEqualTo(after);

    fixture.wipe();
    assertThat(projector.stored(0)).isEqualTo(Fence.NONE);
    assertThat(reader.rows()).isZero();
    assertThat(reader.document("acme", "s0")).isEmpty();
    copy.run();
    assertThat(fixture.shown()).isEqualTo(before);
  }

  @Test
  void table_that_was_dropped_alone_comes_back_with_the_next_acquire() {
    log.add(event("acme", "mia", memory("m", "text", null)));
    Fence fence = projector.acquire(0);
    fixture.execute("DROP TABLE memories CASCADE");

    assertThatThrownBy(() -> projector.apply(log.batch(fence, 0, 1)))
        .isInstanceOf(FencedException.class);
    log.applyTo(projector);
    assertThat(reader.document("acme", "mia")).isPresent();
  }

  @Test
  void zero_character_is_refused_for_ever_and_nothing_of_the_batch_stays() {
    log.add(event("acme", "mia", memory("m1", "fine", null)));
    log.add(event("acme", "mia", memory("m2", "secret\0of mia", null)));

    RuntimeException refusal = catchRuntimeException(() -> log.applyTo(projector));

    assertThat(refusal).hasStackTraceContaining("0x00");
    assertThat(Throwables.getStackTrace(refusal)).doesNotContain("secret");
    assertThat(projector.isTransient(refusal)).isFalse();
    assertThat(fixture.shown()).isEmpty();
    assertThat(projector.stored(0).offset()).isZero();
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
    try (Projector elsewhere = new ContextProjector(away, fixture.names())) {
      RuntimeException failure = catchRuntimeException(() -> elsewhere.acquire(0));
      assertThat(failure).isNotNull();
      assertThat(elsewhere.isTransient(failure)).isTrue();
    }
  }

  private static MemoryRevised revised(String id, String text) {
    return new MemoryRevised(id, MemoryKind.EPISODIC, text, Map.of("k", "v"), null, null);
  }

  private String hash(String table) {
    return fixture.query("SELECT encode(content_hash, 'hex') FROM " + table).get(0);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private JsonNode document(String tenant, String subject) throws JsonProcessingException {
    return json(reader.document(tenant, subject).orElseThrow());
  }

  private static JsonNode json(String text) throws JsonProcessingException {
    return new ObjectMapper().readTree(text);
  }
}
