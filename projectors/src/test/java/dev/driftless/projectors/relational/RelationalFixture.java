package dev.driftless.projectors.relational;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.Memory;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.schemas.Names;

/** The relational view in a schema of its own. */
public final class RelationalFixture extends PostgresFixture {

  public RelationalFixture() {
    super(RelationalProjector::schema);
  }

  /** The view in a server that the test may kill. */
  public RelationalFixture(PostgresConfig server) {
    super(server, RelationalProjector::schema);
  }

  @Override
  protected Projector open(PostgresConfig config, Names names) {
    return new RelationalProjector(config, names);
  }

  @Override
  public Inspector inspect(int partitions) {
    return RelationalInspector.open(config(), names(), partitions);
  }

  @Override
  public String trace(MemoryEvent event) {
    Memory memory = Memory.of(event);
    return "memories tenant=%s subject=%s memory_id=%s kind=%s text=%s "
        .formatted(
            event.getTenant(), event.getSubject(), memory.memoryId(), memory.kind(), memory.text());
  }
}
