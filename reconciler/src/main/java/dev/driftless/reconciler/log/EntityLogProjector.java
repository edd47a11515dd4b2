package dev.driftless.reconciler.log;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;

/** Keeps an {@link EntityLog} by the same runtime that keeps the views. */
public final class EntityLogProjector implements Projector {

  private final String view;
  private final EntityLog log;
  private final UndecodedRecords undecoded;

  /**
   * @param view names the consumer group
   * @param log not closed by this
   */
  public EntityLogProjector(String view, EntityLog log) {
    this.view = view;
    this.log = log;
    this.undecoded = new UndecodedRecords(log);
  }

  @Override
  public String view() {
    return view;
  }

  @Override
  public Fence acquire(int partition) {
    return log.acquire(partition);
  }

  @Override
  public Fence stored(int partition) {
    return log.stored(partition);
  }

  @Override
  public void apply(Batch batch) {
    undecoded.note(batch);
    log.apply(batch);
  }

  /** A copy is not repaired but made again. */
  @Override
  public void repair(Repair repair) {
    throw new UnsupportedOperationException("delete the directory, it is filled again");
  }

  /** A disk that is full can be emptied; nothing in a record can be refused. */
  @Override
  public boolean isTransient(Exception e) {
    return true;
  }

  @Override
  public void close() {}
}
