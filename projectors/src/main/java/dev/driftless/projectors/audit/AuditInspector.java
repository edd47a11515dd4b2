package dev.driftless.projectors.audit;

import dev.driftless.projectors.BucketDigests;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Held;
import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.ReadCost;
import dev.driftless.projectors.postgres.EntityTables;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresStore;
import dev.driftless.schemas.Names;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Compares the audit view with the log: each record of the log is an entity with one row, named
 * {@code records}. What is expected of it is computed from the record's bytes and the chain before
 * it in the log, so nothing in the view vouches for itself.
 *
 * <p>A row may say {@code refused} of a record that the log gives no reason to refuse: a projector
 * of an older version could not decode it, or the store refused it. Its digest differs then, and
 * the dead letters tell whether it is right.
 */
public final class AuditInspector implements Inspector {

  private final EntityTables tables;

  /**
   * Opens no connection yet.
   *
   * @param partitions of the log
   */
  public AuditInspector(PostgresConfig config, Names names, int partitions) {
    this.tables =
        new EntityTables(
            AuditProjector.open(config, names), partitions, List.of(AuditRows.RECORDS));
  }

  @Override
  public String view() {
    return AuditProjector.VIEW;
  }

  @Override
  public Set<Entity.Kind> sources() {
    return Set.of(Entity.Kind.RECORD);
  }

  @Override
  public List<Entity> changedBy(Entity source) {
    return source.kind() == Entity.Kind.RECORD ? List.of(source) : List.of();
  }

  @Override
  public List<List<HeldRow>> expected(List<History> histories) {
    return histories.stream().map(AuditInspector::expected).toList();
  }

  @Override
  public List<Held> read(List<Entity> entities) {
    return tables.read(entities);
  }

  @Override
  public BucketDigests buckets() {
    return tables.buckets();
  }

  @Override
  public void entities(BitSet buckets, Consumer<Entity> found) {
    tables.entities(buckets, found);
  }

  @Override
  public List<String> contents(Entity entity) {
    return tables.contents(entity);
  }

  @Override
  public ReadCost cost() {
    return tables.cost();
  }

  @Override
  public boolean isTransient(Exception e) {
    return PostgresStore.isTransient(e);
  }

  @Override
  public void close() {
    tables.close();
  }

  private static List<HeldRow> expected(History history) {
    return history.records().isEmpty()
        ? List.of()
        : new AuditRows(List.of(AuditRepair.row(history))).held();
  }
}
