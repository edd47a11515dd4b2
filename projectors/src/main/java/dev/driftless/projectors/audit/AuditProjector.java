package dev.driftless.projectors.audit;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresGenerations;
import dev.driftless.projectors.postgres.PostgresStore;
import dev.driftless.projectors.postgres.Rows;
import dev.driftless.projectors.postgres.ViewSchema;
import dev.driftless.schemas.Names;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the audit view: a PostgreSQL table in the schema {@code driftless_audit}, the layout is
 * {@code audit.sql}.
 *
 * <table>
 *   <caption>Layout</caption>
 *   <tr><th>table</th><th>key</th><th>one row is</th></tr>
 *   <tr><td>{@code records}</td><td>log_partition, log_offset</td><td>one record of the log, whatever it holds: when,
 *       what became of it, who and which, and {@code key_hash}, {@code record_hash}, {@code prev_hash}, {@code
 *       chain_hash} as {@code RecordBytes} defines them</td></tr>
 *   <tr><td>{@code view_positions}</td><td>partition</td><td>{@link PostgresStore}, first in each transaction</td></tr>
 * </table>
 *
 * <p>The position is that row, not the last offset in {@code records} + 1: both change in one
 * transaction, so the row is never ahead of the chain, and it also counts control records, which
 * have no row; without them a view that has all there is would look late for ever. Rows deleted at
 * the end by force therefore do not come back by themselves, which would hide that they were gone:
 * {@link AuditVerifier} finds them.
 *
 * <p>If the position is lower than the rows, because it was moved back, records come again. Their
 * rows stay as they are: an equal row needs no change, and one that differs is evidence, which is
 * logged and which the verifier finds. The chain of a batch goes on from what was written last, or
 * where a projector begins, from the last row below it.
 *
 * <p>A repair inserts a row that is missing. A row that is not the log's is evidence: a new
 * generation of {@code records} takes the place of the table, without it, and the old one stays as
 * {@code records_until_…} (UTC), which nobody can write to; one for all such rows of a repair. The
 * table is copied for that, and other partitions wait meanwhile. If something reads the table for
 * more than some seconds, such as the verifier, the repair fails as transient.
 */
public final class AuditProjector implements Projector {

  /** The view's name. */
  public static final String VIEW = "audit";

  private static final ViewSchema SCHEMA =
      new ViewSchema(VIEW, "driftless_audit", AuditProjector.class, "audit.sql");

  private static final String LAST_BEFORE =
      """
      SELECT encode(chain_hash, 'hex') FROM records
      WHERE log_partition = :partition AND log_offset < :from ORDER BY log_offset DESC LIMIT 1
      """;

  /** Looked up partition by partition, however the planner thinks of it. */
  private static final String ANY_FROM =
      """
      SELECT FROM <rows> CROSS JOIN LATERAL (
        SELECT FROM records t WHERE t.log_partition = r.partition AND t.log_offset >= r.start LIMIT 1
      ) found
      """;

  private static final Logger LOG = LoggerFactory.getLogger(AuditProjector.class);
  private static final HexFormat HEX = HexFormat.of();

  private final PostgresStore store;
  private final Map<Integer, Head> heads = new ConcurrentHashMap<>();

  /** Of which generation of the view each partition was acquired: another one has its own chain. */
  private final Map<Integer, String> generations = new ConcurrentHashMap<>();

  /** Opens no connection yet. */
  public AuditProjector(PostgresConfig config, Names names) {
    this.store = open(config, names);
  }

  @Override
  public String view() {
    return VIEW;
  }

  @Override
  public Fence acquire(int partition) {
    Fence fence = store.acquire(partition);
    if (!fence.generation().equals(generations.put(partition, fence.generation()))) {
      heads.remove(partition);
    }
    return fence;
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
    Map<Integer, Head> written = new HashMap<>();
    store.apply(batches, handle -> append(handle, batches, written));
    heads.putAll(written);
  }

  @Override
  public void repair(Repair repair) {
    store.repair(repair, handle -> AuditRepair.run(handle, repair));
    heads.remove(repair.partition());
  }

  @Override
  public boolean isTransient(Exception e) {
    return PostgresStore.isTransient(e);
  }

  @Override
  public void close() {
    store.close();
  }

  /** The view's store; also the readers'. */
  static PostgresStore open(PostgresConfig config, Names names) {
    return new PostgresStore(config, SCHEMA, names);
  }

  /** Notes the chain of each partition behind its batch in {@code written}. */
  private void append(Handle handle, List<Batch> batches, Map<Integer, Head> written) {
    List<AuditRecord> chained = new ArrayList<>();
    for (Batch batch : batches) {
      byte[] chain = chain(batch, head(handle, batch), chained);
      written.put(batch.partition(), new Head(batch.to().topicId(), batch.to().offset(), chain));
    }
    AuditRows rows = new AuditRows(chained);
    if (overlap(handle, batches)) {
      report(rows.different(handle));
    }
    rows.append(handle);
  }

  /**
   * What this projector itself computed last, so that a row that somebody spoils now spoils no
   * later one; from the last row only where it begins.
   */
  private byte[] head(Handle handle, Batch batch) {
    Head head = heads.get(batch.partition());
    return head != null
            && head.topicId.equals(batch.to().topicId())
            && head.position == batch.from()
        ? head.chain
        : lastHash(handle, batch);
  }

  /** Adds the batch's records to {@code chained}, and answers the hash of the chain behind them. */
  private static byte[] chain(Batch batch, byte[] lastHash, List<AuditRecord> chained) {
    byte[] chain = lastHash;
    for (LogRecord r : batch.records()) {
      AuditRecord row = AuditRecord.of(r, chain);
      chained.add(row);
      chain = HEX.parseHex(row.chainHash());
    }
    return chain;
  }

  private static byte[] lastHash(Handle handle, Batch batch) {
    return handle
        .createQuery(LAST_BEFORE)
        .bind("partition", batch.partition())
        .bind("from", batch.from())
        .mapTo(String.class)
        .findOne()
        .map(HEX::parseHex)
        .orElseGet(() -> RecordBytes.genesis(batch.to().topicId(), batch.partition()));
  }

  private static boolean overlap(Handle handle, List<Batch> batches) {
    Rows starts = Rows.of("partition int4", "start int8");
    batches.forEach(batch -> starts.add(batch.partition(), batch.from()));
    return !starts.query(handle, ANY_FROM, (rs, ctx) -> true).isEmpty();
  }

  private static void report(List<Entity> different) {
    for (Entity record : different) {
      LOG.warn(
          "view={} partition/offset={} the row differs from the record; it is kept as evidence, verify the chain",
          VIEW,
          record.id());
    }
  }

  /** The view's generations; opens no connection yet. The caller closes it. */
  public static PostgresGenerations generations(PostgresConfig config, Names names) {
    return new PostgresGenerations(config, SCHEMA, names);
  }

  /** The PostgreSQL schema that holds the view. */
  public static String schema(Names names) {
    return SCHEMA.name(names);
  }

  /** The chain as far as it was written. */
  private record Head(String topicId, long position, byte[] chain) {}
}
