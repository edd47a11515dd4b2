package dev.driftless.projectors.relational;

import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.postgres.EntityTables;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.schemas.Names;
import java.util.List;
import java.util.Set;

/**
 * Says what the relational view holds. A row of it is a row of a table, named as the table is; a
 * memory also has rows {@code memory_versions@offset}, one for each state there ever was, and
 * others {@code past_sessions@offset} and the like, one for each state that another replaced. An
 * event changes the one entity that it speaks of.
 */
public final class RelationalInspector {

  private RelationalInspector() {}

  /**
   * Opens no connection yet. The caller closes it.
   *
   * @param partitions of the log
   */
  public static EntityTables open(PostgresConfig config, Names names, int partitions) {
    return new EntityTables(
        RelationalProjector.open(config.forScans(), names),
        partitions,
        RelationalTables.ALL,
        Set.of(Kind.MEMORY, Kind.SESSION, Kind.MESSAGE, Kind.CHECKPOINT, Kind.TOOL_CALL),
        List::of,
        history -> RelationalTables.of(history.records()).held());
  }
}
