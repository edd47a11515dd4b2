package dev.driftless.projectors.audit;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.audit.AuditReport.Finding;
import dev.driftless.projectors.audit.AuditReport.Kind;
import dev.driftless.schemas.UndecodableException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** One partition of the log beside its rows, both in offset order. Used once. */
final class AuditComparison {

  private static final int TOLD_EVERY = 10_000;
  private static final HexFormat HEX = HexFormat.of();

  private final int partition;
  private final long firstOffset;
  private final long position;
  private final AuditVerifier.Decoder decoder;
  private final List<Finding> findings = new ArrayList<>();

  /** As the log has it: the hash of the chain, and the latest append time, so far. */
  private byte[] chain;

  private Instant logTime = Instant.MIN;
  private boolean broken;
  private String chainHashBefore = "";
  private long findingCount;
  private long checked;
  private long verifiedTo;

  AuditComparison(
      int partition,
      long firstOffset,
      long position,
      byte[] genesis,
      AuditVerifier.Decoder decoder) {
    this.partition = partition;
    this.firstOffset = firstOffset;
    this.position = position;
    this.verifiedTo = position;
    this.chain = genesis;
    this.decoder = decoder;
  }

  void run(Iterator<AuditedLog.Entry> entries, Iterator<AuditRecord> rows, LongConsumer told) {
    AuditedLog.Entry entry = next(entries);
    AuditRecord row = next(rows);
    while (row != null || (entry != null && entry.offset() < position)) {
      if (row != null && (entry == null || row.logOffset() < entry.offset())) {
        withoutRecord(row);
        row = next(rows);
        continue;
      }
      AuditedLog.Entry here = Objects.requireNonNull(entry);
      if (row == null || here.offset() < row.logOffset()) {
        withoutRow(here);
      } else {
        compare(here, row);
        row = next(rows);
      }
      entry = next(entries);
      if (++checked % TOLD_EVERY == 0) {
        told.accept(here.offset() + 1);
      }
    }
    told.accept(verifiedTo);
  }

  AuditReport report() {
    return new AuditReport(partition, checked, verifiedTo, findingCount, findings);
  }

  private void withoutRecord(AuditRecord row) {
    if (row.logOffset() < firstOffset) {
      find(
          Kind.ROW_BEFORE_LOG,
          row.logOffset(),
          "the log begins at offset %d".formatted(firstOffset));
      chain = HEX.parseHex(row.chainHash());
      logTime = row.logTime();
    } else {
      find(Kind.ROW_WITHOUT_RECORD, row.logOffset(), "the log has no record there");
    }
    remember(row);
  }

  private void withoutRow(AuditedLog.Entry entry) {
    if (entry.offset() < position) {
      find(
          Kind.MISSING_ROW,
          entry.offset(),
          "the view's position is %d, and there is no row".formatted(position));
    } else {
      find(Kind.MISSING_ROW, entry.offset(), "there are rows behind it, and there is no row");
    }
    chain = bytes(entry).chainHash(chain);
    advance(entry);
  }

  private void compare(AuditedLog.Entry entry, AuditRecord row) {
    RecordBytes bytes = bytes(entry);
    advance(entry);
    List<String> edited = editedColumns(entry, bytes, row);
    if (!edited.isEmpty()) {
      find(Kind.EDITED_ROW, entry.offset(), "not as the log has it: " + String.join(", ", edited));
    }
    checkLink(entry, bytes, row);
    chain = bytes.chainHash(chain);
    remember(row);
  }

  private List<String> editedColumns(AuditedLog.Entry entry, RecordBytes bytes, AuditRecord row) {
    List<String> edited = new ArrayList<>();
    byte[] keyHash = bytes.keyHash();
    compare(edited, "append_time", entry.appendTime(), row.appendTime());
    compare(edited, "log_time", logTime, row.logTime());
    compare(edited, "key_hash", keyHash == null ? null : HEX.formatHex(keyHash), row.keyHash());
    compare(edited, "record_hash", HEX.formatHex(bytes.recordHash()), row.recordHash());
    compareMetadata(edited, entry, row);
    compare(edited, "content_hash", row.expectedContentHash(), row.contentHash());
    return edited;
  }

  /** A projector of an older version may have refused what this one can decode. */
  private void compareMetadata(List<String> edited, AuditedLog.Entry entry, AuditRecord row) {
    MemoryEvent event = event(entry);
    Metadata without = Metadata.of(entry.key(), null);
    if (row.outcome().equals("refused") && row.metadata().equals(without)) {
      return;
    }
    if (event == null) {
      compare(edited, "outcome", "refused", row.outcome());
    }
    Metadata log = Metadata.of(entry.key(), event);
    compare(edited, "event_id", log.eventId(), row.eventId());
    compare(edited, "event_type", log.eventType(), row.eventType());
    compare(edited, "occurred_at", log.occurredAt(), row.occurredAt());
    compare(edited, "tenant", log.tenant(), row.tenant());
    compare(edited, "subject", log.subject(), row.subject());
    compare(edited, "agent", log.agent(), row.agent());
    compare(edited, "session", log.session(), row.session());
    compare(edited, "correlation_id", log.correlationId(), row.correlationId());
    compare(edited, "causation_id", log.causationId(), row.causationId());
    compare(edited, "entity_ids", log.entityIds(), row.entityIds());
  }

  /** Rows that go on in order from a broken link are not told one by one. */
  private void checkLink(AuditedLog.Entry entry, RecordBytes bytes, AuditRecord row) {
    boolean before = row.prevHash().equals(HEX.formatHex(chain));
    boolean own = row.chainHash().equals(HEX.formatHex(bytes.chainHash(chain)));
    boolean inherited =
        broken
            && row.prevHash().equals(chainHashBefore)
            && row.chainHash().equals(HEX.formatHex(bytes.chainHash(HEX.parseHex(row.prevHash()))));
    broken = !before || !own;
    if (broken && !inherited) {
      List<String> columns = new ArrayList<>();
      compare(columns, "prev_hash", true, before);
      compare(columns, "chain_hash", true, own);
      find(
          Kind.BROKEN_LINK,
          entry.offset(),
          "not what the log up to here gives: " + String.join(", ", columns));
    }
  }

  private @Nullable MemoryEvent event(AuditedLog.Entry entry) {
    try {
      return decoder.decode(entry.value());
    } catch (UndecodableException e) {
      return null;
    }
  }

  private RecordBytes bytes(AuditedLog.Entry entry) {
    return new RecordBytes(
        partition, entry.offset(), entry.appendTime(), entry.key(), entry.value());
  }

  private void advance(AuditedLog.Entry entry) {
    logTime = entry.appendTime().isAfter(logTime) ? entry.appendTime() : logTime;
  }

  private void remember(AuditRecord row) {
    chainHashBefore = row.chainHash();
    verifiedTo = Math.max(verifiedTo, row.logOffset() + 1);
  }

  private void find(Kind kind, long offset, String detail) {
    if (findingCount++ < AuditReport.SHOWN) {
      findings.add(new Finding(kind, partition, offset, detail));
    }
  }

  private static void compare(
      List<String> edited, String column, @Nullable Object expected, @Nullable Object found) {
    if (!Objects.equals(expected, found)) {
      edited.add(column);
    }
  }

  private static <T> @Nullable T next(Iterator<T> from) {
    return from.hasNext() ? from.next() : null;
  }
}
