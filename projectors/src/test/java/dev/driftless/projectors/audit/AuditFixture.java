package dev.driftless.projectors.audit;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.schemas.Names;
import java.util.List;

/** The audit view in a schema of its own. */
public final class AuditFixture extends PostgresFixture {

  public AuditFixture() {
    super(AuditProjector::schema);
  }

  @Override
  protected Projector open(PostgresConfig config, Names names) {
    return new AuditProjector(config, names);
  }

  /** Old generations are evidence. */
  @Override
  protected boolean isOfTheView(String table) {
    return !table.startsWith("records_until_");
  }

  /** The tables that were put aside, oldest first. */
  List<String> oldGenerations() {
    return query(
        "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(?) AND relkind = 'r'"
            + " AND starts_with(relname, 'records_until_') ORDER BY 1",
        schema());
  }

  /** Audit shows no text, and an event for ever. */
  @Override
  public String trace(MemoryEvent event) {
    return " event_id=" + event.getEventId() + " ";
  }

  /** A row of no record: what 0/2 says, somewhere else. */
  void phantom(int partition, long offset) {
    execute(
        """
        INSERT INTO records SELECT (jsonb_populate_record(r, '{"log_partition": %d, "log_offset": %d}')).*
        FROM records r WHERE log_partition = 0 AND log_offset = 2
        """
            .formatted(partition, offset));
  }

  /** What only someone with a superuser's rights can do to the records. */
  void tamper(String sql, Object... arguments) {
    execute("ALTER TABLE records DISABLE TRIGGER USER");
    execute(sql, arguments);
    execute("ALTER TABLE records ENABLE TRIGGER USER");
  }
}
