package dev.driftless.projectors.context;

import dev.driftless.projectors.BucketDigests;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
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
 * Says what the context view holds. A row of it is a row of a table, named as the table is. An
 * event changes the entity that it speaks of, and the subject, which is the row of {@code
 * documents}: that one shows the subject's last event, and is otherwise right if the other tables
 * of the same snapshot give the same document.
 */
public final class ContextInspector implements Inspector {

  private final EntityTables tables;

  /**
   * Opens no connection yet.
   *
   * @param partitions of the log
   */
  public ContextInspector(PostgresConfig config, Names names, int partitions) {
    this.tables =
        new EntityTables(ContextProjector.open(config, names), partitions, ContextChanges.TABLES);
  }

  @Override
  public String view() {
    return ContextProjector.VIEW;
  }

  @Override
  public Set<Kind> sources() {
    return Set.of(Kind.MEMORY, Kind.PATTERN, Kind.TOOL_CALL);
  }

  @Override
  public List<Entity> changedBy(Entity source) {
    return sources().contains(source.kind()) ? List.of(source, source.ofSubject()) : List.of();
  }

  @Override
  public List<List<HeldRow>> expected(List<History> histories) {
    return histories.stream()
        .map(h -> ContextChanges.of(h.records()).held(h.entity().kind()))
        .toList();
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
}
