package dev.driftless.projectors.relational;

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
 * Says what the relational view holds. A row of it is a row of a table, named as the table is; a
 * memory also has rows {@code memory_versions@offset}, one for each state there ever was. An event
 * changes the one entity that it speaks of.
 */
public final class RelationalInspector implements Inspector {

  private final EntityTables tables;

  /**
   * Opens no connection yet.
   *
   * @param partitions of the log
   */
  public RelationalInspector(PostgresConfig config, Names names, int partitions) {
    this.tables =
        new EntityTables(RelationalProjector.open(config, names), partitions, RelationalTables.ALL);
  }

  @Override
  public String view() {
    return RelationalProjector.VIEW;
  }

  @Override
  public Set<Kind> sources() {
    return Set.of(Kind.MEMORY, Kind.SESSION, Kind.MESSAGE, Kind.CHECKPOINT, Kind.TOOL_CALL);
  }

  @Override
  public List<Entity> changedBy(Entity source) {
    return sources().contains(source.kind()) ? List.of(source) : List.of();
  }

  @Override
  public List<List<HeldRow>> expected(List<History> histories) {
    return histories.stream().map(h -> RelationalTables.of(h.records()).held()).toList();
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
