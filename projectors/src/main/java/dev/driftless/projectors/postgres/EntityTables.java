package dev.driftless.projectors.postgres;

import dev.driftless.projectors.BucketDigests;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Held;
import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.ReadCost;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;

/**
 * Says what the tables of a view hold: each call in one snapshot, with the positions of that
 * snapshot, and at the cost that PostgreSQL itself counted. Not for several threads.
 */
public final class EntityTables implements Inspector {

  /**
   * PostgreSQL does not count for us what parallel workers read, nor rows that it finds in an index
   * without a look at the table.
   */
  private static final String SNAPSHOT =
      """
      SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
      SET LOCAL max_parallel_workers_per_gather = 0;
      SET LOCAL enable_indexonlyscan = off
      """;

  /** Some entities of many: looked up one by one, however old the statistics of the tables are. */
  private static final String BY_KEY =
      """
      SET LOCAL enable_seqscan = off;
      SET LOCAL enable_hashjoin = off;
      SET LOCAL enable_mergejoin = off;
      SET LOCAL enable_bitmapscan = off;
      SET LOCAL enable_sort = off
      """;

  /** Since some moment before this transaction, so two are subtracted. */
  private static final String EXAMINED =
      """
      SELECT coalesce(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)), 0)
      FROM pg_stat_xact_user_tables WHERE schemaname = current_schema()
      """;

  private static final String POSITIONS = "SELECT partition, position FROM view_positions";

  /** For one table. */
  private static final Duration SCAN_TIMEOUT = Duration.ofHours(1);

  private final PostgresStore store;
  private final int partitions;
  private final List<EntityTable> tables;
  private final Set<Entity.Kind> sources;
  private final Function<Entity, List<Entity>> changedBy;
  private final Function<History, List<HeldRow>> expected;

  /**
   * Before the snapshot is taken, which is by the first query: if another table is put in the place
   * of one between the two, the snapshot sees no row of it.
   */
  private final String keep;

  private ReadCost cost = ReadCost.NONE;

  /**
   * Tables of a view that nothing else uses this store for; opens no connection yet.
   *
   * @param store closed with this
   * @param partitions of the log
   * @param changedBy as {@link Inspector#changedBy}, for the sources alone
   * @param expected what the view holds of one entity once it has applied its history
   */
  public EntityTables(
      PostgresStore store,
      int partitions,
      List<EntityTable> tables,
      Set<Entity.Kind> sources,
      Function<Entity, List<Entity>> changedBy,
      Function<History, List<HeldRow>> expected) {
    this.store = store;
    this.partitions = partitions;
    this.tables = List.copyOf(tables);
    this.sources = Set.copyOf(sources);
    this.changedBy = changedBy;
    this.expected = expected;
    this.keep =
        tables.stream()
            .map(EntityTable::name)
            .collect(Collectors.joining(", ", "LOCK TABLE ", " IN ACCESS SHARE MODE"));
  }

  @Override
  public String view() {
    return store.view();
  }

  @Override
  public Set<Entity.Kind> sources() {
    return sources;
  }

  @Override
  public List<Entity> changedBy(Entity source) {
    return sources.contains(source.kind()) ? changedBy.apply(source) : List.of();
  }

  @Override
  public List<List<HeldRow>> expected(List<History> histories) {
    return histories.stream().map(expected).toList();
  }

  /** What the view holds of these entities, in their order; no row of a kind without a table. */
  @Override
  public List<Held> read(List<Entity> entities) {
    return snapshot(
        held(entities, Map.of(), List.of()),
        handle -> {
          handle.execute(BY_KEY);
          Map<Integer, Long> positions = positions(handle);
          List<List<HeldRow>> rows =
              Stream.<List<HeldRow>>generate(ArrayList::new).limit(entities.size()).toList();
          for (EntityTable table : tables) {
            table
                .keyed(entities)
                .query(
                    handle,
                    table.selectDigests(),
                    (rs, ctx) ->
                        rows.get(rs.getInt(1)).add(table.held(rs.getLong(2), rs.getLong(3))));
          }
          rows.forEach(of -> sent(of.size()));
          return held(entities, positions, rows);
        });
  }

  /** The digests of all tables. */
  @Override
  public BucketDigests buckets() {
    long[] digests = new long[Entity.BUCKETS];
    return snapshot(
        new BucketDigests(Map.of(), new long[Entity.BUCKETS]),
        handle -> {
          waitLonger(handle);
          Map<Integer, Long> positions = positions(handle);
          for (EntityTable table : tables) {
            handle
                .createQuery(table.selectBuckets())
                .map((rs, ctx) -> digests[rs.getInt(1)] ^= rs.getLong(2))
                .forEach(digest -> sent(1));
          }
          return new BucketDigests(positions, digests);
        });
  }

  /** Tells the entities of these buckets as they come, once for each row of theirs. */
  @Override
  public void entities(BitSet buckets, Consumer<Entity> found) {
    Rows wanted = Rows.of("bucket int4");
    buckets.stream().forEach(bucket -> wanted.add(bucket));
    boolean unused =
        snapshot(
            false,
            handle -> {
              waitLonger(handle);
              for (EntityTable table : tables) {
                wanted.each(
                    handle,
                    table.selectEntities(),
                    (rs, ctx) -> table.entity(rs),
                    entity -> {
                      sent(1);
                      found.accept(entity);
                    });
              }
              return true;
            });
  }

  /** All columns of the rows of an entity. */
  @Override
  public List<String> contents(Entity entity) {
    return snapshot(
        List.of(),
        handle -> {
          handle.execute(BY_KEY);
          List<String> rows = new ArrayList<>();
          for (EntityTable table : tables) {
            rows.addAll(
                table
                    .keyed(List.of(entity))
                    .query(handle, table.selectContents(), (rs, ctx) -> rs.getString(1)));
          }
          sent(rows.size());
          return rows;
        });
  }

  /** What all calls so far cost. */
  @Override
  public ReadCost cost() {
    return cost;
  }

  @Override
  public boolean isTransient(Exception e) {
    return PostgresStore.isTransient(e);
  }

  @Override
  public void close() {
    store.close();
  }

  private <T> T snapshot(T absent, HandleCallback<T, RuntimeException> work) {
    T answer =
        store.read(
            absent,
            connected ->
                connected.inTransaction(
                    handle -> {
                      handle.execute(SNAPSHOT);
                      handle.execute(keep);
                      long before = examined(handle);
                      T read = work.withHandle(handle);
                      cost = cost.plus(new ReadCost(examined(handle) - before, 0));
                      return read;
                    }));
    if (answer == absent) {
      refuseHalf();
    }
    return answer;
  }

  /** Without a table nothing could be told; without all of them there is no view. */
  private void refuseHalf() {
    for (int partition = 0; partition < partitions; partition++) {
      if (store.stored(partition).offset() > 0) {
        throw new IllegalStateException(
            "a table or function of the view is not there, though its positions are: start its projector in this version, which makes what an older one lacked; if that does not help, rebuild the view (drop its schema and start its projector again)");
      }
    }
  }

  /** Hashing a whole table may take longer than any other answer; the pool undoes this. */
  private static void waitLonger(Handle handle) {
    try {
      handle.getConnection().setNetworkTimeout(Runnable::run, (int) SCAN_TIMEOUT.toMillis());
    } catch (SQLException e) {
      throw new UnableToExecuteStatementException("waiting longer", e, null);
    }
  }

  private static long examined(Handle handle) {
    return handle.createQuery(EXAMINED).mapTo(Long.class).one();
  }

  private void sent(long rows) {
    cost = cost.plus(new ReadCost(0, rows));
  }

  private static Map<Integer, Long> positions(Handle handle) {
    Map<Integer, Long> positions = new HashMap<>();
    handle
        .createQuery(POSITIONS)
        .map((rs, ctx) -> Map.entry(rs.getInt(1), rs.getLong(2)))
        .forEach(position -> positions.put(position.getKey(), position.getValue()));
    return positions;
  }

  private List<Held> held(
      List<Entity> entities, Map<Integer, Long> positions, List<List<HeldRow>> rows) {
    List<Held> held = new ArrayList<>(entities.size());
    for (int i = 0; i < entities.size(); i++) {
      Entity entity = entities.get(i);
      long asOf = positions.getOrDefault(entity.partition(partitions), 0L);
      held.add(new Held(entity, asOf, rows.isEmpty() ? List.of() : rows.get(i)));
    }
    return held;
  }
}
