package dev.driftless.projectors.context;

import dev.driftless.events.PatternLearned;
import dev.driftless.events.ToolCallIntended;
import dev.driftless.projectors.Batch;
import dev.driftless.projectors.ContentHash;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresGenerations;
import dev.driftless.projectors.postgres.PostgresStore;
import dev.driftless.projectors.postgres.ViewSchema;
import dev.driftless.schemas.Names;
import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * Keeps the context view: PostgreSQL tables in the schema {@code driftless_context}, the layout is
 * {@code context.sql}.
 *
 * <table>
 *   <caption>Layout</caption>
 *   <tr><th>table</th><th>key</th><th>one row is</th></tr>
 *   <tr><td>{@code patterns}</td><td>tenant, subject, pattern_id</td><td>what was learned and not retired. Learned
 *       again: the new statement, confidence and evidence, {@code reinforcements} + 1. Learned after it was retired:
 *       a new pattern, {@code reinforcements} 1</td></tr>
 *   <tr><td>{@code memories}</td><td>tenant, subject, memory_id</td><td>the last state of a memory that is not
 *       forgotten, also after {@code expires_at}: expiry is the reader's predicate</td></tr>
 *   <tr><td>{@code open_tool_calls}</td><td>tenant, subject, session, tool_call_id</td><td>an intent without
 *       outcome</td></tr>
 *   <tr><td>{@code view_positions}</td><td>partition</td><td>{@link PostgresStore}, first in each transaction</td></tr>
 * </table>
 *
 * <p>Readers call {@code context_document(tenant, subject)}, which makes one JSON document of the
 * three tables by one index read of each.
 */
public final class ContextProjector implements Projector {

  /** The view's name. */
  public static final String VIEW = "context";

  private static final ViewSchema SCHEMA =
      new ViewSchema(VIEW, "driftless_context", ContextProjector.class, "context.sql");

  private static final String RETIRE =
      """
      DELETE FROM patterns p USING <rows>
      WHERE p.tenant = r.tenant AND p.subject = r.subject AND p.pattern_id = r.pattern_id
      """;

  /**
   * The counter is safe though it was read before: the position was set in this transaction, so
   * nobody else writes and no event counts twice.
   */
  private static final String LEARN =
      """
      INSERT INTO patterns (tenant, subject, pattern_id, statement, confidence, evidence,
        reinforcements, learned_at, reinforced_at, log_partition, log_offset, content_hash)
      SELECT tenant, subject, pattern_id, statement, confidence, evidence,
        reinforcements, learned_at, reinforced_at, log_partition, log_offset, content_hash FROM <rows>
      ON CONFLICT (tenant, subject, pattern_id) DO UPDATE SET
        statement = excluded.statement, confidence = excluded.confidence, evidence = excluded.evidence,
        reinforcements = excluded.reinforcements, learned_at = excluded.learned_at,
        reinforced_at = excluded.reinforced_at, log_partition = excluded.log_partition,
        log_offset = excluded.log_offset, content_hash = excluded.content_hash
      """;

  private static final String FORGET =
      """
      DELETE FROM memories m USING <rows>
      WHERE m.tenant = r.tenant AND m.subject = r.subject AND m.memory_id = r.memory_id
      """;

  private static final String REMEMBER =
      """
      INSERT INTO memories (tenant, subject, memory_id, kind, text, attributes, remembered_at, expires_at,
        log_partition, log_offset, content_hash)
      SELECT tenant, subject, memory_id, kind, text, attributes, remembered_at, expires_at,
        log_partition, log_offset, content_hash FROM <rows>
      ON CONFLICT (tenant, subject, memory_id) DO UPDATE SET
        kind = excluded.kind, text = excluded.text, attributes = excluded.attributes,
        remembered_at = excluded.remembered_at, expires_at = excluded.expires_at,
        log_partition = excluded.log_partition, log_offset = excluded.log_offset,
        content_hash = excluded.content_hash
      """;

  private static final String SETTLE =
      """
      DELETE FROM open_tool_calls c USING <rows>
      WHERE c.tenant = r.tenant AND c.subject = r.subject
        AND c.session = r.session AND c.tool_call_id = r.tool_call_id
      """;

  private static final String INTEND =
      """
      INSERT INTO open_tool_calls (tenant, subject, session, tool_call_id, tool, arguments, agent, intended_at,
        log_partition, log_offset, content_hash)
      SELECT tenant, subject, session, tool_call_id, tool, arguments, agent, intended_at,
        log_partition, log_offset, content_hash FROM <rows>
      ON CONFLICT (tenant, subject, session, tool_call_id) DO UPDATE SET
        tool = excluded.tool, arguments = excluded.arguments, agent = excluded.agent,
        intended_at = excluded.intended_at, log_partition = excluded.log_partition,
        log_offset = excluded.log_offset, content_hash = excluded.content_hash
      """;

  private final PostgresStore store;

  /** Opens no connection yet. */
  public ContextProjector(PostgresConfig config, Names names) {
    this.store = open(config, names);
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
    ContextChanges changes = ContextChanges.of(Batch.events(batches));
    store.apply(batches, handle -> write(handle, changes));
  }

  @Override
  public void repair(Repair repair) {
    List<History> histories = repair.histories().stream().filter(ContextChanges::has).toList();
    ContextChanges changes =
        ContextChanges.of(histories.stream().flatMap(h -> h.records().stream()).toList());
    store.repair(
        repair,
        handle -> {
          ContextChanges.TABLES.forEach(table -> table.delete(handle, histories));
          write(handle, changes);
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

  /** The view's store; also the reader's. */
  static PostgresStore open(PostgresConfig config, Names names) {
    return new PostgresStore(config, SCHEMA, names);
  }

  /** What goes comes first: a pattern that was retired and learned again begins anew. */
  private static void write(Handle handle, ContextChanges changes) {
    changes.retired().execute(handle, RETIRE);
    changes.learned(handle).execute(handle, LEARN);
    changes.forgotten().execute(handle, FORGET);
    changes.remembered().execute(handle, REMEMBER);
    changes.settled().execute(handle, SETTLE);
    changes.intended().execute(handle, INTEND);
  }

  /** The view's generations; opens no connection yet. The caller closes it. */
  public static PostgresGenerations generations(PostgresConfig config, Names names) {
    return new PostgresGenerations(config, SCHEMA, names);
  }

  /** The PostgreSQL schema that holds the view. */
  public static String schema(Names names) {
    return SCHEMA.name(names);
  }

  /**
   * {@code patterns.content_hash}: over {@link #hash(PatternLearned)}, {@code reinforcements} as
   * text, and {@code learned_at}.
   *
   * @param last what was learned last
   */
  public static byte[] patternHash(PatternLearned last, int reinforcements, Instant learnedAt) {
    return new ContentHash()
        .add(hash(last))
        .add(Integer.toString(reinforcements))
        .add(learnedAt)
        .digest();
  }

  /** Over statement, confidence, and evidence in its order. */
  static byte[] hash(PatternLearned learned) {
    ContentHash hash =
        new ContentHash()
            .add(learned.getStatement())
            .add(Double.toString(learned.getConfidence()))
            .add(Integer.toString(learned.getEvidence().size()));
    learned.getEvidence().forEach(hash::add);
    return hash.digest();
  }

  /** {@code open_tool_calls.content_hash}: over session, tool, arguments and agent. */
  public static byte[] toolCallHash(String session, ToolCallIntended intended, String agent) {
    return new ContentHash()
        .add(session)
        .add(intended.getTool())
        .add(intended.getArguments())
        .add(agent)
        .digest();
  }
}
