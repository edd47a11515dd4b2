package dev.driftless.projectors.relational;

import static dev.driftless.projectors.postgres.TestLog.event;
import static dev.driftless.projectors.postgres.TestLog.memory;

import dev.driftless.events.CheckpointSaved;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.Role;
import dev.driftless.events.SessionEnded;
import dev.driftless.events.SessionStarted;
import dev.driftless.events.ToolCallCompensated;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallIntended;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.postgres.PostgresInspectorContract;
import dev.driftless.projectors.postgres.TestLog;
import java.util.List;
import java.util.Map;

final class RelationalInspectorIT extends PostgresInspectorContract {

  @Override
  protected PostgresFixture fixture() {
    return new RelationalFixture();
  }

  @Override
  protected TestLog everyTable() {
    return new TestLog("topic", 0)
        .add(event("acme", "mia", memory("m1", "window", TestLog.START)))
        .add(event("acme", "mia", memory("m1", "aisle", null)))
        .add(event("acme", "mia", new SessionStarted(Map.of("channel", "phone"))))
        .add(event("acme", "mia", new SessionEnded("done")))
        .add(event("acme", "mia", new MessageAppended("a", Role.USER, "hi", List.of("c1"), "c1")))
        .add(event("acme", "mia", new MessageAppended("a", Role.USER, "hello", List.of(), null)))
        .add(event("acme", "mia", new CheckpointSaved("s1", "{}")))
        .add(event("acme", "mia", new ToolCallIntended("c1", "book", "{}")))
        .add(event("acme", "mia", new ToolCallCompleted("c1", "book", "{}", "booked")))
        .add(event("acme", "mia", new ToolCallCompensated("c1", "book", "{}", "cancelled")));
  }
}
