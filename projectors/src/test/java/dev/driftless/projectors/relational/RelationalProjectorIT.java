package dev.driftless.projectors.relational;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.events.CheckpointSaved;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.Role;
import dev.driftless.events.SessionEnded;
import dev.driftless.events.SessionStarted;
import dev.driftless.events.ToolCallCompensated;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallFailed;
import dev.driftless.events.ToolCallIntended;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.postgres.TestLog;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What each kind of event does to the tables. Batches of one show that nothing rests on what comes
 * together.
 */
final class RelationalProjectorIT {

  private final RelationalFixture fixture = new RelationalFixture();
  private final Projector projector = fixture.open();
  private final TestLog log = new TestLog("topic", 0);

  @AfterEach
  void close() {
    projector.close();
    fixture.close();
  }

  /** While two releases are rolled beside each other, and after a roll back. */
  @Test
  void the_layout_of_a_later_release_is_left_as_it_is_and_that_of_an_earlier_one_is_renewed() {
    add(TestLog.memory("m1", "window", null));
    log.applyTo(projector);
    String made = layout();
    assertThat(made).contains("layout ");
    String earlier = made.replaceFirst("layout \\d+", "layout 0");
    String later = made.replaceFirst("layout \\d+", "layout 1000000");

    tell(later);
    projector.acquire(0);
    assertThat(layout()).isEqualTo(later);
    List<String> shown = fixture.shown();
    fixture.execute("DROP VIEW live_memories");
    tell(earlier);
    projector.acquire(0);
    assertThat(layout()).isEqualTo(made);
    assertThat(query("SELECT memory_id FROM live_memories")).containsExactly("m1");
    assertThat(fixture.shown()).isEqualTo(shown);
  }

  private String layout() {
    return query("SELECT obj_description(current_schema()::regnamespace, 'pg_namespace')").get(0);
  }

  private void tell(String layout) {
    fixture.execute("COMMENT ON SCHEMA %s IS '%s'".formatted(fixture.schema(), layout));
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

  @ParameterizedTest
  @ValueSource(ints = {1, 100})
  void every_state_of_a_memory_is_valid_until_the_next_and_the_last_until_it_is_forgotten(
      int batch) {
    add(TestLog.memory("m1", "window", null));
    add(TestLog.memory("m1", "aisle", null));
    add(new MemoryForgotten("m1", null));
    log.applyTo(projector, batch);
    assertThat(
            query(
                "SELECT concat(text, ' ', log_offset, '-', valid_to_offset) FROM memory_versions ORDER BY log_offset"))
        .containsExactly("window 0-1", "aisle 1-2");
    assertThat(query("SELECT 1 FROM memories")).isEmpty();
    assertThat(asOf(0)).containsExactly("window");
    assertThat(asOf(1)).containsExactly("aisle");
    assertThat(asOf(2)).isEmpty();
  }

  @Test
  void a_memory_is_not_shown_as_live_once_it_has_expired() {
    add(TestLog.memory("m1", "over", TestLog.START));
    add(TestLog.memory("m2", "for ever", null));
    log.applyTo(projector);
    assertThat(query("SELECT memory_id FROM live_memories")).containsExactly("m2");
    assertThat(query("SELECT memory_id FROM memories ORDER BY 1")).containsExactly("m1", "m2");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100})
  void a_session_that_ended_keeps_what_its_start_said(int batch) {
    add(new SessionStarted(Map.of("channel", "phone \"1\"")));
    add(new SessionEnded("done"));
    log.applyTo(projector, batch);
    assertThat(
            query(
                "SELECT concat(attributes ->> 'channel', ' ', end_reason, ' ', ended_at > started_at) FROM sessions"))
        .containsExactly("phone \"1\" done t");
  }

  @Test
  void an_end_without_a_start_is_a_session_too_and_a_new_start_opens_it_again() {
    add(new SessionEnded(null));
    log.applyTo(projector);
    assertThat(query("SELECT concat(started_at IS NULL, ' ', ended_at IS NULL) FROM sessions"))
        .containsExactly("t f");
    add(new SessionStarted(Map.of()));
    log.applyTo(projector);
    assertThat(query("SELECT concat(started_at IS NULL, ' ', ended_at IS NULL) FROM sessions"))
        .containsExactly("f t");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100})
  void a_tool_call_goes_from_intent_to_outcome_to_compensation(int batch) {
    add(new ToolCallIntended("c1", "book", "{}"));
    add(new ToolCallCompleted("c1", "book", "{}", "booked"));
    add(new ToolCallCompensated("c1", "book", "{}", "cancelled"));
    add(new ToolCallIntended("c2", "book", "{}"));
    add(new ToolCallFailed("c2", "book", "{}", "no seats"));
    add(new ToolCallIntended("c3", "book", "{}"));
    log.applyTo(projector, batch);
    assertThat(
            query(
                """
                SELECT concat_ws(' ', tool_call_id, status, result, error, compensation,
                  intended_at IS NOT NULL, settled_at IS NOT NULL) FROM tool_calls ORDER BY tool_call_id
                """))
        .containsExactly(
            "c1 COMPENSATED booked cancelled t t", "c2 FAILED no seats t t", "c3 INTENDED t f");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100})
  void a_new_intent_begins_a_tool_call_anew(int batch) {
    add(new ToolCallIntended("c1", "book", "{}"));
    add(new ToolCallFailed("c1", "book", "{}", "no seats"));
    add(new ToolCallIntended("c1", "book", "{\"again\":true}"));
    log.applyTo(projector, batch);
    assertThat(query("SELECT concat_ws(' ', status, arguments, error) FROM tool_calls"))
        .containsExactly("INTENDED {\"again\":true}");
  }

  @Test
  void messages_keep_their_order_and_whatever_their_ids_contain() {
    List<String> calls = List.of("plain", "with \"quotes\"", "back\\slash", "comma,{brace}", "");
    add(new MessageAppended("b", Role.ASSISTANT, null, calls, null));
    add(new MessageAppended("a", Role.TOOL, "result", List.of(), "plain"));
    log.applyTo(projector);
    assertThat(query("SELECT message_id FROM messages ORDER BY log_offset"))
        .containsExactly("b", "a");
    assertThat(query("SELECT unnest(tool_call_ids) FROM messages WHERE message_id = 'b'"))
        .containsExactlyElementsOf(calls);
    assertThat(
            query(
                "SELECT concat(role, ' ', content, ' ', tool_call_id) FROM messages WHERE message_id = 'a'"))
        .containsExactly("TOOL result plain");
  }

  @Test
  void a_checkpoint_of_the_same_step_replaces_the_one_before() {
    add(new CheckpointSaved("s1", "{\"n\":1}"));
    add(new CheckpointSaved("s2", "{\"n\":2}"));
    add(new CheckpointSaved("s1", "{\"n\":3}"));
    log.applyTo(projector);
    assertThat(query("SELECT concat(step, ' ', state) FROM checkpoints ORDER BY log_offset"))
        .containsExactly("s2 {\"n\":2}", "s1 {\"n\":3}");
  }

  private void add(Object payload) {
    TestLog unused = log.add(TestLog.event("acme", "mia", payload));
  }

  private List<String> query(String sql) {
    return fixture.query(sql);
  }

  /** Asked as a user does, whose search path does not hold the view's schema. */
  private List<String> asOf(long offset) {
    return fixture.query(
        "SELECT text FROM (SELECT set_config('search_path', 'public', true)) s, %s.memories_as_of('acme', 'mia', '%s')"
            .formatted(fixture.schema(), TestLog.at(offset)));
  }
}
