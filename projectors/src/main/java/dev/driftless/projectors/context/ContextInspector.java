package dev.driftless.projectors.context;

import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.postgres.EntityTables;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.schemas.Names;
import java.util.List;
import java.util.Set;

/**
 * Says what the context view holds. A row of it is a row of a table, named as the table is. An
 * event changes the entity that it speaks of.
 */
public final class ContextInspector {

  private ContextInspector() {}

  /**
   * Opens no connection yet. The caller closes it.
   *
   * @param partitions of the log
   */
  public static EntityTables open(PostgresConfig config, Names names, int partitions) {
    return new EntityTables(
        ContextProjector.open(config.forScans(), names),
        partitions,
        ContextChanges.TABLES,
        Set.of(Kind.MEMORY, Kind.PATTERN, Kind.TOOL_CALL),
        List::of,
        history -> ContextChanges.of(history.records()).held(history.entity().kind()));
  }
}
