package dev.driftless.projectors.audit;

import java.util.List;

/**
 * What {@link AuditVerifier} found in one partition.
 *
 * @param recordsChecked records of the log that were compared
 * @param verifiedTo the first offset that was not: the view's position, or behind its last row
 * @param findingCount how many faults there are
 * @param findings the first {@value #SHOWN} of them, in offset order; empty if the view is proved
 *     up to {@code verifiedTo}
 */
public record AuditReport(
    int partition,
    long recordsChecked,
    long verifiedTo,
    long findingCount,
    List<Finding> findings) {

  /** Findings kept at most, so that a view of another log does not fill the memory. */
  public static final int SHOWN = 1000;

  public AuditReport {
    findings = List.copyOf(findings);
  }

  /** True if every record up to {@code verifiedTo} has its row, and no other row is there. */
  public boolean proved() {
    return findingCount == 0;
  }

  /**
   * One fault.
   *
   * @param detail what was expected and found; names columns, never what they hold
   */
  public record Finding(Kind kind, int partition, long offset, String detail) {}

  /** What sort of fault it is. */
  public enum Kind {
    /** The record is in the log, below the view's position, and has no row. */
    MISSING_ROW,
    /** The row is there, the record is not. */
    ROW_WITHOUT_RECORD,
    /** The row is of before the log's first offset, so nothing can prove it. */
    ROW_BEFORE_LOG,
    /** The row does not say what the record says. */
    EDITED_ROW,
    /** The row is not chained to what the log has before it. */
    BROKEN_LINK,
    /** The view was made from a topic with another id. */
    OTHER_LOG
  }
}
