package dev.driftless.projectors.context;

import static dev.driftless.projectors.postgres.TestLog.event;
import static dev.driftless.projectors.postgres.TestLog.memory;
import static dev.driftless.projectors.postgres.TestLog.pattern;
import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.events.ToolCallIntended;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.postgres.PostgresInspectorContract;
import dev.driftless.projectors.postgres.TestLog;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ContextInspectorIT extends PostgresInspectorContract {

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
}
