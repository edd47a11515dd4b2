package dev.driftless.projectors.relational;

import dev.driftless.events.MemoryForgotten;
import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresStore;
import dev.driftless.schemas.EventType;
import dev.driftless.schemas.Names;
import org.jdbi.v3.core.Handle;

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
 *   <tr><td>{@code view_positions}</td><td>partition</td><td>{@link PostgresStore}, first in each transaction</td></tr>
 * </table>
 */
public final class RelationalProjector implements Projector {

  /** The view's name. */
  public static final String VIEW = "relational";

  private final PostgresStore store;

  /** Opens no connection yet. */
  public RelationalProjector(PostgresConfig config, Names names) {
    this.store = open(config, names);
  }

  /** The view's schema; opens no connection yet. */
  static PostgresStore open(PostgresConfig config, Names names) {
    return new PostgresStore(
        config, VIEW, schema(names), RelationalProjector.class, "relational.sql");
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
  public void apply(Batch batch) {
    Tables tables = new Tables();
    batch.events().forEach(tables::add);
    store.apply(batch, tables::write);
  }

  @Override
  public void repair(Repair repair) {
    throw new UnsupportedOperationException("comes with the inspector");
  }

  @Override
  public boolean isTransient(Exception e) {
    return PostgresStore.isTransient(e);
  }

  @Override
  public void close() {
    store.close();
  }

  /** The PostgreSQL schema that holds the view. */
  public static String schema(Names names) {
    return names.prefixed("_", "driftless");
  }

  private static final class Tables {

    private final MemoryTables memories = new MemoryTables();
    private final SessionTables sessions = new SessionTables();
    private final ToolCallTable toolCalls = new ToolCallTable();

    void add(LogRecord r) {
      switch (EventType.of(r.event())) {
        case MEMORY_RECORDED, MEMORY_REVISED -> memories.remembered(r);
        case MEMORY_FORGOTTEN -> memories.forgotten(r, (MemoryForgotten) r.event().getPayload());
        case SESSION_STARTED -> sessions.started(r);
        case MESSAGE_APPENDED -> sessions.appended(r);
        case SESSION_ENDED -> sessions.ended(r);
        case CHECKPOINT_SAVED -> sessions.saved(r);
        case TOOL_CALL_INTENDED, TOOL_CALL_COMPLETED, TOOL_CALL_FAILED, TOOL_CALL_COMPENSATED ->
            toolCalls.add(r);
        case PATTERN_LEARNED, PATTERN_RETIRED, MEMORY_RECALLED -> {
          // the context view keeps patterns, the audit view reads
        }
      }
    }

    void write(Handle handle) {
      memories.write(handle);
      sessions.write(handle);
      toolCalls.write(handle);
    }
  }
}
