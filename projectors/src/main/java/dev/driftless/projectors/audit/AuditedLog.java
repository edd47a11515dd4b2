package dev.driftless.projectors.audit;

import java.time.Instant;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** The log as {@link AuditVerifier} reads it: committed records only, one partition at a time. */
public interface AuditedLog extends AutoCloseable {

  /** The topic id, as positions name it. */
  String topicId();

  /** How many partitions there are, numbered from 0. */
  int partitions();

  /** The first offset that is still there. */
  long firstOffset(int partition);

  /** The offset behind the last record, control records counted. */
  long endOffset(int partition);

  /** The records from the first offset to below {@code end}, in offset order. */
  Iterator<Entry> records(int partition, long end);

  @Override
  void close();

  /**
   * One record as it was written.
   *
   * @param appendTime the broker's
   */
  @SuppressWarnings("ArrayRecordComponent") // read once, never compared
  record Entry(long offset, Instant appendTime, byte @Nullable [] key, byte @Nullable [] value) {

    /** Where it is, never what it says. */
    @Override
    public String toString() {
      return "Entry[offset=" + offset + "]";
    }
  }
}
