package dev.driftless.projectors.audit;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.postgres.TestLog;
import dev.driftless.schemas.Names;
import java.util.ArrayList;
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

  @Override
  public Inspector inspect(int partitions) {
    return AuditInspector.open(config(), names(), partitions);
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

  /** Every record of a partition of the log "topic", with the chain before it. */
  static List<History> histories(TestLog log) {
    List<History> histories = new ArrayList<>();
    byte[] chain = AuditChain.genesis("topic", log.partition());
    for (LogRecord r : log.records()) {
      histories.add(new History(Entity.record(r.partition(), r.offset()), List.of(r), chain));
      chain = AuditChain.next(chain, r);
    }
    return histories;
  }

  /** The record at an offset. */
  static History history(TestLog log, long offset) {
    return histories(log).stream()
        .filter(history -> history.entity().offset() == offset)
        .findFirst()
        .orElseThrow();
  }

  /** A row of no record: what the row at offset 2 says, somewhere else. */
  void phantom(int partition, long offset) {
    execute(
        """
        INSERT INTO records SELECT (jsonb_populate_record(r, '{"log_partition": %d, "log_offset": %d}')).*
        FROM records r WHERE log_offset = 2 ORDER BY log_partition LIMIT 1
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
