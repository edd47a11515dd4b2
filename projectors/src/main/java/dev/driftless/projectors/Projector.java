package dev.driftless.projectors;

import java.util.List;

/**
 * Keeps one view: applies the events of the log to one store, guarded, so that redelivery, a replay
 * of the whole log, or a writer that was replaced and writes late changes nothing that a caught-up
 * view shows.
 *
 * <p>A projection is a function of the log alone: no clock, no random, no network but the view's
 * own store.
 *
 * <p>Calls for one partition come from one thread at a time and in order; calls for different
 * partitions may come from different threads at once. Exceptions of the store's driver are thrown
 * as they are; the runtime asks {@link #isTransient} what to do.
 */
public interface Projector extends AutoCloseable {

  /**
   * The view's stable name, for example {@code relational}: application id, metric tag, log key,
   * config key.
   */
  String view();

  /**
   * Takes the partition over: writes a new epoch to the store, higher than any before and at least
   * the wall clock in milliseconds (so that it rises even after the store was put back from a
   * copy). When this returns, holders of older epochs can change nothing any more. Creates what the
   * store lacks (schema, collection).
   *
   * @return the new epoch, and the position that the store holds
   */
  Fence acquire(int partition);

  /**
   * What the store holds for this partition now; changes nothing. Also answers on a store that was
   * wiped.
   */
  Fence stored(int partition);

  /** As {@link #stored(int)}, of each of several partitions; all at once if the store can. */
  default List<Fence> stored(List<Integer> partitions) {
    return partitions.stream().map(this::stored).toList();
  }

  /**
   * Applies a batch of one partition and moves the partition's position from {@link Batch#from} to
   * {@link Batch#to}. On return the data is durable and readable, and the position is not ahead of
   * it.
   *
   * <p>The same records may come again with other batch borders, after any failure at any point of
   * this call.
   *
   * @throws FencedException if the store's epoch is not the batch's, or its position is not {@link
   *     Batch#from}; then nothing was changed
   */
  void apply(Batch batch);

  /**
   * As {@link #apply(Batch)}, of batches of different partitions, one at least, in as few steps as
   * the store allows. If it throws, each of the others may be applied or not; who tries again finds
   * that by a {@link FencedException} of its partition.
   *
   * @throws FencedException which says of one partition that nothing of its batch was applied
   */
  default void apply(List<Batch> batches) {
    batches.forEach(this::apply);
  }

  /**
   * Replaces what the view holds of each entity by what its history makes of it, and moves no
   * position. On return it is durable and readable. Repeating it changes nothing more.
   *
   * @throws FencedException if the store's epoch or position is not the repair's; then nothing was
   *     changed
   */
  void repair(Repair repair);

  /**
   * True if the same call may succeed later (the store is away, busy, full, or being put back),
   * false if the store refuses the data itself and always will.
   */
  boolean isTransient(Exception e);

  @Override
  void close();
}
