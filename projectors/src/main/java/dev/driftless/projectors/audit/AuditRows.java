package dev.driftless.projectors.audit;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.postgres.EntityTable;
import dev.driftless.projectors.postgres.Rows;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/** Rows as the log has them, on their way to {@code records}. */
final class AuditRows {

  private static final HexFormat HEX = HexFormat.of();

  private static final String[] COLUMNS = {
    "log_partition int4",
    "log_offset int8",
    "append_time timestamptz",
    "log_time timestamptz",
    "outcome text",
    "reason text",
    "event_id text",
    "event_type text",
    "occurred_at timestamptz",
    "tenant text",
    "subject text",
    "agent text",
    "session text",
    "correlation_id text",
    "causation_id text",
    "entity_ids text[]",
    "key_hash bytea",
    "record_hash bytea",
    "prev_hash bytea",
    "chain_hash bytea",
    "content_hash bytea"
  };

  static final EntityTable RECORDS = EntityTable.of("records", Entity.Kind.RECORD, COLUMNS);

  private static final String APPEND =
      """
      INSERT INTO records (%s)
      SELECT %s FROM <rows>
      ON CONFLICT (log_partition, log_offset) DO NOTHING
      """
          .formatted(columns(""), columns("r."));

  private static final String DIFFERENT =
      """
      SELECT o.log_partition, o.log_offset FROM <rows>
      JOIN records o ON o.log_partition = r.log_partition AND o.log_offset = r.log_offset
      WHERE (%s) IS DISTINCT FROM (%s)
      ORDER BY o.log_partition, o.log_offset
      """
          .formatted(columns("o."), columns("r."));

  private final Rows rows = RECORDS.rows();

  AuditRows(List<AuditRecord> records) {
    records.forEach(this::add);
  }

  /** Inserts those whose place is free. */
  void append(Handle handle) {
    rows.execute(handle, APPEND);
  }

  /** Those in whose place another row is. */
  List<Entity> different(Handle handle) {
    return rows.query(handle, DIFFERENT, (rs, ctx) -> Entity.record(rs.getInt(1), rs.getLong(2)));
  }

  /** What the view holds once these are written. */
  List<HeldRow> held() {
    return RECORDS.held(rows);
  }

  private void add(AuditRecord r) {
    rows.add(
        r.logPartition(),
        r.logOffset(),
        r.appendTime(),
        r.logTime(),
        r.outcome(),
        r.reason(),
        r.eventId(),
        r.eventType(),
        r.occurredAt(),
        r.tenant(),
        r.subject(),
        r.agent(),
        r.session(),
        r.correlationId(),
        r.causationId(),
        r.entityIds(),
        r.keyHash() == null ? null : HEX.parseHex(r.keyHash()),
        HEX.parseHex(r.recordHash()),
        HEX.parseHex(r.prevHash()),
        HEX.parseHex(r.chainHash()),
        HEX.parseHex(r.contentHash()));
  }

  private static String columns(String prefix) {
    return Stream.of(COLUMNS)
        .map(c -> prefix + c.substring(0, c.indexOf(' ')))
        .collect(Collectors.joining(", "));
  }
}
