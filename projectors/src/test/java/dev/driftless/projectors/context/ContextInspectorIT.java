package dev.driftless.projectors.context;

import static dev.driftless.projectors.postgres.TestLog.event;
import static dev.driftless.projectors.postgres.TestLog.memory;
import static dev.driftless.projectors.postgres.TestLog.pattern;
import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.ToolCallIntended;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.Histories;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Repair;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.postgres.PostgresInspectorContract;
import dev.driftless.projectors.postgres.TestLog;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ContextInspectorIT extends PostgresInspectorContract {

  private static final Entity MIA = new Entity(Entity.Kind.SUBJECT, "acme", "mia", "", "");

  @Override
  protected PostgresFixture fixture() {
    return new ContextFixture();
  }

  @Override
  protected TestLog everyTable() {
    return new TestLog("topic", 0)
        .add(event("acme", "mia", memory("m1", "window", TestLog.START)))
        .add(event("acme", "mia", pattern("p1", "likes windows", 0.5, "m1")))
        .add(event("acme", "mia", pattern("p1", "prefers windows", 0.75, "m1")))
        .add(event("acme", "mia", new ToolCallIntended("c1", "book", "{}")));
  }

  @Test
  void a_document_is_wrong_if_it_or_what_it_is_made_of_was_edited() {
    TestLog log = everyTable();
    log.applyTo(projector());
    Runnable putBack = view().copy();
    edit(
        "UPDATE documents SET document = jsonb_set(document, '{patterns,0,statement}', '\"hates\"')");
    assertThat(different(log)).containsExactly(MIA);
    putBack.run();
    edit("UPDATE patterns SET statement = 'hates windows'");
    assertThat(different(log)).hasSize(2).contains(MIA);
    putBack.run();
    edit("DELETE FROM open_tool_calls");
    assertThat(different(log)).hasSize(2).contains(MIA);
  }

  @Test
  void the_document_is_assembled_anew_when_what_it_is_made_of_is_repaired() {
    TestLog log = everyTable();
    log.applyTo(projector());
    List<String> before = view().shown();
    edit("DELETE FROM patterns");
    edit("UPDATE documents SET document = document || '{\"patterns\": []}'");
    Fence fence = projector().acquire(0);
    History pattern =
        Histories.of(log.records(), inspector()).stream()
            .filter(history -> history.entity().kind() == Entity.Kind.PATTERN)
            .findFirst()
            .orElseThrow();
    projector().repair(new Repair(0, fence.epoch(), fence.offset(), List.of(pattern)));
    assertThat(view().shown()).isEqualTo(before);
  }

  @Test
  void the_document_of_a_subject_without_anything_left_stays() {
    TestLog log =
        new TestLog("topic", 0)
            .add(event("acme", "mia", memory("m1", "window", null)))
            .add(event("acme", "mia", new MemoryForgotten("m1", null)));
    log.applyTo(projector());
    assertThat(different(log)).isEmpty();
    assertThat(inspector().read(List.of(MIA)).get(0).rows())
        .singleElement()
        .satisfies(row -> assertThat(row.name()).isEqualTo("documents"))
        .satisfies(row -> assertThat(row.offset()).isEqualTo(1));
  }

  @Test
  void a_document_costs_as_many_rows_as_it_shows() {
    TestLog log = new TestLog("topic", 0);
    for (int i = 0; i < 2_000; i++) {
      TestLog unused = log.add(event("acme", "mia", memory("m" + i, "text", null)));
    }
    log.applyTo(projector());
    assertThat(inspector().read(List.of(MIA)).get(0).rows()).hasSize(1);
    assertThat(inspector().cost().examined()).isBetween(21L, 30L);
  }

  @Test
  void a_memory_costs_one_row_whatever_the_statistics_say() {
    TestLog log = new TestLog("topic", 0).add(event("acme", "mia", memory("m", "text", null)));
    log.applyTo(projector());
    // as autovacuum leaves them that came by early: one memory a subject
    int unused = view().execute("ANALYZE memories");
    for (int i = 0; i < 200; i++) {
      TestLog more = log.add(event("acme", "mia", memory("m" + i, "text", null)));
    }
    log.applyTo(projector());
    Entity tenth = new Entity(Entity.Kind.MEMORY, "acme", "mia", "", "m10");
    assertThat(inspector().read(List.of(tenth)).get(0).rows()).hasSize(1);
    assertThat(inspector().cost().examined()).isBetween(1L, 3L);
  }

  private void edit(String sql) {
    assertThat(view().execute(sql)).isEqualTo(1);
  }
}
