package dev.driftless.projectors.runtime;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;
import java.util.List;
import java.util.Random;

/**
 * Ends the process, without a word to anybody, just before or just after a batch reaches the store.
 */
final class HaltingProjector implements Projector {

  /** Exit code of a process that ended this way and no other. */
  static final int HALTED = 42;

  private final Projector projector;
  private final boolean before;
  private int left;

  HaltingProjector(Projector projector, Random random) {
    this.projector = projector;
    this.before = random.nextBoolean();
    this.left = 1 + random.nextInt(4);
  }

  @Override
  public void apply(Batch batch) {
    apply(List.of(batch));
  }

  @Override
  public void apply(List<Batch> batches) {
    boolean last = batches.stream().anyMatch(b -> !b.records().isEmpty()) && --left == 0;
    if (last && before) {
      Runtime.getRuntime().halt(HALTED);
    }
    projector.apply(batches);
    if (last) {
      Runtime.getRuntime().halt(HALTED);
    }
  }

  @Override
  public String view() {
    return projector.view();
  }

  @Override
  public Fence acquire(int partition) {
    return projector.acquire(partition);
  }

  @Override
  public Fence stored(int partition) {
    return projector.stored(partition);
  }

  @Override
  public void repair(Repair repair) {
    projector.repair(repair);
  }

  @Override
  public boolean isTransient(Exception e) {
    return projector.isTransient(e);
  }

  @Override
  public void close() {
    projector.close();
  }
}
