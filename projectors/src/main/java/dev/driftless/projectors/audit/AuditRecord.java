package dev.driftless.projectors.audit;

import dev.driftless.projectors.ContentHash;
import dev.driftless.projectors.LogRecord;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code records}; hashes in hexadecimal.
 *
 * @param outcome {@code applied}, {@code duplicate}, {@code forgotten} or {@code refused}
 * @param reason why it was refused
 * @param occurredAt the agent's clock; null also where PostgreSQL has no such time
 * @param tenant as the event says, or the record key where there is no event
 * @param entityIds the memory, message, tool call or pattern that it is about; every memory that
 *     was recalled
 */
public record AuditRecord(
    int logPartition,
    long logOffset,
    Instant appendTime,
    Instant logTime,
    String outcome,
    @Nullable String reason,
    @Nullable String eventId,
    @Nullable String eventType,
    @Nullable Instant occurredAt,
    @Nullable String tenant,
    @Nullable String subject,
    @Nullable String agent,
    @Nullable String session,
    @Nullable String correlationId,
    @Nullable String causationId,
    List<String> entityIds,
    @Nullable String keyHash,
    String recordHash,
    String prevHash,
    String chainHash,
    String contentHash) {

  private static final HexFormat HEX = HexFormat.of();
  private static final String NOT_YET = "";

  /** The row of a record of the log. */
  static AuditRecord of(LogRecord r, byte[] prevHash) {
    RecordBytes bytes =
        new RecordBytes(r.partition(), r.offset(), r.appendTime(), r.key(), r.value());
    Metadata m = Metadata.of(r.key(), r.decoded());
    AuditRecord row =
        new AuditRecord(
            r.partition(),
            r.offset(),
            r.appendTime(),
            r.logTime(),
            outcome(r),
            Metadata.storable(r.reason()),
            m.eventId(),
            m.eventType(),
            m.occurredAt(),
            m.tenant(),
            m.subject(),
            m.agent(),
            m.session(),
            m.correlationId(),
            m.causationId(),
            m.entityIds(),
            hex(bytes.keyHash()),
            HEX.formatHex(bytes.recordHash()),
            HEX.formatHex(prevHash),
            HEX.formatHex(bytes.chainHash(prevHash)),
            NOT_YET);
    return row.withContentHash();
  }

  /** The row that the cursor is on. */
  static AuditRecord of(ResultSet rs) throws SQLException {
    return new AuditRecord(
        rs.getInt("log_partition"),
        rs.getLong("log_offset"),
        Objects.requireNonNull(instant(rs, "append_time")),
        Objects.requireNonNull(instant(rs, "log_time")),
        rs.getString("outcome"),
        rs.getString("reason"),
        rs.getString("event_id"),
        rs.getString("event_type"),
        instant(rs, "occurred_at"),
        rs.getString("tenant"),
        rs.getString("subject"),
        rs.getString("agent"),
        rs.getString("session"),
        rs.getString("correlation_id"),
        rs.getString("causation_id"),
        List.of((String[]) rs.getArray("entity_ids").getArray()),
        hex(rs.getBytes("key_hash")),
        HEX.formatHex(rs.getBytes("record_hash")),
        HEX.formatHex(rs.getBytes("prev_hash")),
        HEX.formatHex(rs.getBytes("chain_hash")),
        HEX.formatHex(rs.getBytes("content_hash")));
  }

  /** What {@code content_hash} has to be for these columns. */
  String expectedContentHash() {
    ContentHash hash =
        new ContentHash()
            .add(appendTime)
            .add(logTime)
            .add(outcome)
            .add(reason)
            .add(eventId)
            .add(eventType)
            .add(occurredAt)
            .add(tenant)
            .add(subject)
            .add(agent)
            .add(session)
            .add(correlationId)
            .add(causationId)
            .add(Integer.toString(entityIds.size()));
    entityIds.forEach(hash::add);
    return HEX.formatHex(hash.add(keyHash).add(recordHash).digest());
  }

  /** What the row says of the event, to be compared with the event. */
  Metadata metadata() {
    return new Metadata(
        eventId,
        eventType,
        occurredAt,
        tenant,
        subject,
        agent,
        session,
        correlationId,
        causationId,
        entityIds);
  }

  private AuditRecord withContentHash() {
    return new AuditRecord(
        logPartition,
        logOffset,
        appendTime,
        logTime,
        outcome,
        reason,
        eventId,
        eventType,
        occurredAt,
        tenant,
        subject,
        agent,
        session,
        correlationId,
        causationId,
        entityIds,
        keyHash,
        recordHash,
        prevHash,
        chainHash,
        expectedContentHash());
  }

  private static String outcome(LogRecord r) {
    return switch (r.disposition()) {
      case APPLY -> "applied";
      case DUPLICATE, FORGOTTEN, REFUSED -> r.disposition().name().toLowerCase(Locale.ROOT);
    };
  }

  private static @Nullable String hex(byte @Nullable [] bytes) {
    return bytes == null ? null : HEX.formatHex(bytes);
  }

  private static @Nullable Instant instant(ResultSet rs, String column) throws SQLException {
    OffsetDateTime time = rs.getObject(column, OffsetDateTime.class);
    return time == null ? null : time.toInstant();
  }
}
