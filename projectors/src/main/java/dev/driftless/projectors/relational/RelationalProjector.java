package dev.driftless.projectors.relational;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresGenerations;
import dev.driftless.projectors.postgres.PostgresStore;
import dev.driftless.projectors.postgres.StateTable;
import dev.driftless.projectors.postgres.ViewSchema;
import dev.driftless.schemas.Names;
import java.util.List;

/**
 * Keeps the relational view: PostgreSQL tables in the schema {@code driftless}.
 *
 * <table>
 *   <caption>Layout</caption>
 *   <tr><th>table</th><th>key</th><th>filled by</th></tr>
 *   <tr><td>{@code memories}</td><td>tenant, subject, memory_id</td><td>{@link MemoryTables}: recorded, revised, forgotten</td></tr>
 *   <tr><td>{@code memory_versions}</td><td>… and log_offset</td><td>{@link MemoryTables}: each state there ever was</td></tr>
 *   <tr><td>{@code sessions}</td><td>tenant, subject, session</td><td>{@link SessionTables}</td></tr>
 *   <tr><td>{@code messages}</td><td>… and message_id</td><td>{@link SessionTables}</td></tr>
 *   <tr><td>{@code checkpoints}</td><td>… and step</td><td>{@link SessionTables}</td></tr>
 *   <tr><td>{@code tool_calls}</td><td>… and tool_call_id</td><td>{@link ToolCallTable}</td></tr>
 *   <tr><td>{@code past_sessions}, {@code past_messages}, {@code past_tool_calls}</td><td>… and log_offset</td><td>{@link StateTable}: each state that another replaced</td></tr>
 *   <tr><td>{@code view_positions}</td><td>partition</td><td>{@link PostgresStore}, first in each transaction</td></tr>
 * </table>
 */
public final class RelationalProjector implements Projector {

  /** The view's name. */
  public static final String VIEW = "relational";

  private static final ViewSchema SCHEMA =
      new ViewSchema(VIEW, "driftless", RelationalProjector.class, "relational.sql");

  private final PostgresStore store;

  /** Opens no connection yet. */
  public RelationalProjector(PostgresConfig config, Names names) {
    this.store = open(config, names);
  }

  /** The view's schema; opens no connection yet. */
  static PostgresStore open(PostgresConfig config, Names names) {
    return new PostgresStore(config, SCHEMA, names);
  }

  @Override
  public String view() {
    return VIEW;
  }

  @Override
  public Fence acquire(int partition) {
    return store.acquire(partition);
  }

  @Override
  public Fence stored(int partition) {
    return store.stored(partition);
  }

  @Override
  public List<Fence> stored(List<Integer> partitions) {
    return store.stored(partitions);
  }

  @Override
  public void apply(Batch batch) {
    apply(List.of(batch));
  }

  @Override
  public void apply(List<Batch> batches) {
    store.apply(batches, RelationalTables.of(Batch.events(batches))::write);
  }

  @Override
  public void repair(Repair repair) {
    List<History> histories = repair.histories();
    RelationalTables tables =
        RelationalTables.of(histories.stream().flatMap(h -> h.records().stream()).toList());
    store.repair(
        repair,
        handle -> {
          RelationalTables.ALL.forEach(table -> table.delete(handle, histories));
          tables.write(handle);
        });
  }

  @Override
  public boolean isTransient(Exception e) {
    return PostgresStore.isTransient(e);
  }

  @Override
  public void close() {
    store.close();
  }

  /** The view's generations; opens no connection yet. The caller closes it. */
  public static PostgresGenerations generations(PostgresConfig config, Names names) {
    return new PostgresGenerations(config, SCHEMA, names);
  }

  /** The PostgreSQL schema that holds the view. */
  public static String schema(Names names) {
    return SCHEMA.name(names);
  }
}
