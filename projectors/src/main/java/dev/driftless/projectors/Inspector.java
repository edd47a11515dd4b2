package dev.driftless.projectors;

import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Says what a view holds, and what it should hold by the log, in terms that can be compared; writes
 * nothing. A view that was never made, or was wiped, holds nothing. Exceptions of the store's
 * driver are thrown as they are. Not for several threads.
 */
public interface Inspector extends AutoCloseable {

  /** The view's name. */
  String view();

  /** Of which entities events change this view; for audit, {@link Entity.Kind#RECORD} alone. */
  Set<Entity.Kind> sources();

  /**
   * The entities of this view that an event of {@code source} changes, where {@code source} is what
   * {@link Entity#of} says of the event; empty if none.
   */
  List<Entity> changedBy(Entity source);

  /**
   * What the view holds of each entity once it has applied its history, in their order. A function
   * of the histories alone, the one that the projector writes by.
   */
  List<List<HeldRow>> expected(List<History> histories);

  /**
   * What the view holds of these entities, in their order.
   *
   * @param entities of this view, or strays of it; at most some 1,000
   */
  List<Held> read(List<Entity> entities);

  /**
   * The digests of all that the view holds, recomputed from what is stored; null if the store
   * cannot compute them, so that every entity is to be read.
   */
  @Nullable BucketDigests buckets();

  /**
   * Tells every entity of these buckets of which the view holds anything, strays included whatever
   * their bucket; in any order, and perhaps more than once.
   */
  void entities(BitSet buckets, Consumer<Entity> found);

  /** All that the view holds of an entity, one JSON object a row, with the text of memories. */
  List<String> contents(Entity entity);

  /** What all reading since this was opened cost the store. */
  ReadCost cost();

  /** As {@link Projector#isTransient}. */
  boolean isTransient(Exception e);

  @Override
  void close();
}
