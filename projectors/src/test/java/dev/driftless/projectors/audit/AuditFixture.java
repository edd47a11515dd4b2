package dev.driftless.projectors.audit;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.schemas.Names;

/** The audit view in a schema of its own. */
public final class AuditFixture extends PostgresFixture {

  public AuditFixture() {
    super(AuditProjector::schema);
  }

  @Override
  protected Projector open(PostgresConfig config, Names names) {
    return new AuditProjector(config, names);
  }

  /** Audit shows no text, and an event for ever. */
  @Override
  public String trace(MemoryEvent event) {
    return " event_id=" + event.getEventId() + " ";
  }

  /** What only someone with a superuser's rights can do to the records. */
  void tamper(String sql, Object... arguments) {
    execute("ALTER TABLE records DISABLE TRIGGER USER");
    execute(sql, arguments);
    execute("ALTER TABLE records ENABLE TRIGGER USER");
  }
}
