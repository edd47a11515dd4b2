package dev.driftless.projectors.context;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.Memory;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.schemas.Names;

/** The context view in a schema of its own. */
public final class ContextFixture extends PostgresFixture {

  public ContextFixture() {
    super(ContextProjector::schema);
  }

  @Override
  protected Projector open(PostgresConfig config, Names names) {
    return new ContextProjector(config, names);
  }

  @Override
  public Inspector inspect(int partitions) {
    return ContextInspector.open(config(), names(), partitions);
  }

  @Override
  public String trace(MemoryEvent event) {
    return " text=" + Memory.of(event).text() + " ";
  }
}
