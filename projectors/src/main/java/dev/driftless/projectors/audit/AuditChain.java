package dev.driftless.projectors.audit;

import dev.driftless.projectors.LogRecord;

/**
 * The hash chain over the records of a partition, computed from the log alone; {@code audit.sql}
 * gives its form.
 */
public final class AuditChain {

  private AuditChain() {}

  /** What stands before the first record of a partition. */
  public static byte[] genesis(String topicId, int partition) {
    return RecordBytes.genesis(topicId, partition);
  }

  /** The hash of the chain behind this record, given the one before it. */
  public static byte[] next(byte[] before, LogRecord r) {
    return new RecordBytes(r.partition(), r.offset(), r.appendTime(), r.key(), r.value())
        .chainHash(before);
  }
}
