package dev.driftless.projectors.audit;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresStore;
import dev.driftless.schemas.Names;
import dev.driftless.schemas.UndecodableException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.result.ResultIterator;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;
import org.jspecify.annotations.Nullable;

/**
 * Proves the audit view by the log: reads both side by side, in offset order, and computes every
 * hash anew from the log, so that nothing in the view vouches for itself. Memory is bounded however
 * long the log is. The projector may run meanwhile: the view is read in one snapshot, and the log
 * up to an end that is taken after it.
 *
 * <p>The log cannot say whether {@code duplicate}, {@code forgotten} or {@code refused} was the
 * right outcome and reason; they are proved by {@code content_hash} only.
 */
public final class AuditVerifier implements AutoCloseable {

  private static final String POSITION =
      "SELECT topic_id, position FROM view_positions WHERE partition = :partition";

  private static final String ROWS =
      "SELECT * FROM records WHERE log_partition = :partition ORDER BY log_offset";

  private static final String UNKNOWN_PARTITIONS =
      "SELECT DISTINCT log_partition FROM records WHERE log_partition < 0 OR log_partition >= :partitions";

  /**
   * Before the snapshot is taken: a repair that puts a new table in the place of this one between
   * the two would leave the snapshot without rows.
   */
  private static final String KEEP = "LOCK TABLE records IN ACCESS SHARE MODE";

  private static final int FETCH = 500;

  private final PostgresStore store;
  private final Decoder decoder;

  /**
   * Opens no connection yet.
   *
   * @param decoder reads the event in a value, as {@link dev.driftless.schemas.EventDecoder#decode}
   *     does; what the rows say of the event is compared with it
   */
  public AuditVerifier(PostgresConfig config, Names names, Decoder decoder) {
    this.store = AuditProjector.open(config.forScans(), names);
    this.decoder = decoder;
  }

  /** Verifies every partition; the caller closes the log. */
  public List<AuditReport> verify(AuditedLog log, Progress progress) {
    List<AuditReport> reports = new ArrayList<>();
    for (int partition = 0; partition < log.partitions(); partition++) {
      reports.add(verify(log, partition, progress));
    }
    for (int partition : unknownPartitions(log.partitions())) {
      reports.add(verify(log, partition, progress));
    }
    return reports;
  }

  @Override
  public void close() {
    store.close();
  }

  private AuditReport verify(AuditedLog log, int partition, Progress progress) {
    AuditReport nothing = new AuditReport(partition, 0, 0, 0, List.of());
    return store.read(
        nothing,
        handle ->
            handle.inTransaction(
                TransactionIsolationLevel.REPEATABLE_READ,
                snapshot -> {
                  snapshot.execute(KEEP);
                  return verify(snapshot, log, partition, progress);
                }));
  }

  private AuditReport verify(Handle handle, AuditedLog log, int partition, Progress progress) {
    Held held = held(handle, partition).orElse(new Held(null, 0));
    if (held.topicId != null && !held.topicId.equals(log.topicId())) {
      String detail = "the view is of topic id %s, the log is %s: rebuild the view";
      return new AuditReport(
          partition,
          0,
          0,
          1,
          List.of(
              new AuditReport.Finding(
                  AuditReport.Kind.OTHER_LOG,
                  partition,
                  0,
                  detail.formatted(held.topicId, log.topicId()))));
    }
    boolean known = partition >= 0 && partition < log.partitions();
    long first = known ? log.firstOffset(partition) : 0;
    long end = known ? log.endOffset(partition) : 0;
    AuditComparison comparison =
        new AuditComparison(
            partition,
            first,
            held.position,
            RecordBytes.genesis(log.topicId(), partition),
            decoder);
    Iterator<AuditedLog.Entry> entries =
        known && end > first ? log.records(partition, end) : Collections.emptyIterator();
    try (ResultIterator<AuditRecord> rows = rows(handle, partition)) {
      comparison.run(entries, rows, offset -> progress.checked(partition, offset, end));
    }
    return comparison.report();
  }

  private List<Integer> unknownPartitions(int partitions) {
    return store.read(
        List.of(),
        handle ->
            handle
                .createQuery(UNKNOWN_PARTITIONS)
                .bind("partitions", partitions)
                .mapTo(Integer.class)
                .list());
  }

  private static Optional<Held> held(Handle handle, int partition) {
    return handle
        .createQuery(POSITION)
        .bind("partition", partition)
        .map((rs, ctx) -> new Held(rs.getString("topic_id"), rs.getLong("position")))
        .findOne();
  }

  private static ResultIterator<AuditRecord> rows(Handle handle, int partition) {
    return handle
        .createQuery(ROWS)
        .bind("partition", partition)
        .setFetchSize(FETCH)
        .map((rs, ctx) -> AuditRecord.of(rs))
        .iterator();
  }

  /** Reads the event in a record's value. */
  @FunctionalInterface
  public interface Decoder {

    /**
     * The event.
     *
     * @throws UndecodableException if the value holds none
     */
    MemoryEvent decode(byte @Nullable [] value) throws UndecodableException;
  }

  /** Is told now and then how far the verifier is. */
  @FunctionalInterface
  public interface Progress {

    /** Everything below {@code offset} is checked; the log ends at {@code end}. */
    void checked(int partition, long offset, long end);
  }

  private record Held(@Nullable String topicId, long position) {}
}
