package dev.driftless.projectors.audit;

import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.History;
import dev.driftless.projectors.postgres.EntityTables;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.schemas.Names;
import java.util.List;
import java.util.Set;

/**
 * Compares the audit view with the log: each record of the log is an entity with one row, named
 * {@code records}. What is expected of it is computed from the record's bytes and the chain before
 * it in the log, so nothing in the view vouches for itself.
 *
 * <p>A row may say {@code refused} of a record that the log gives no reason to refuse: a projector
 * of an older version could not decode it, or the store refused it. Its digest differs then, and
 * the dead letters tell whether it is right.
 */
public final class AuditInspector {

  private AuditInspector() {}

  /**
   * Opens no connection yet. The caller closes it.
   *
   * @param partitions of the log
   */
  public static EntityTables open(PostgresConfig config, Names names, int partitions) {
    return new EntityTables(
        AuditProjector.open(config.forScans(), names),
        partitions,
        List.of(AuditRows.RECORDS),
        Set.of(Kind.RECORD),
        List::of,
        AuditInspector::expected);
  }

  private static List<HeldRow> expected(History history) {
    return history.records().isEmpty()
        ? List.of()
        : new AuditRows(List.of(AuditRepair.row(history))).held();
  }
}
