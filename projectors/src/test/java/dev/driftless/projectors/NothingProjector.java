package dev.driftless.projectors;

/** Does nothing, so that every test of the contract has to fail. */
final class NothingProjector implements Projector {

  @Override
  public String view() {
    return "nothing";
  }

  @Override
  public Fence acquire(int partition) {
    return Fence.NONE;
  }

  @Override
  public Fence stored(int partition) {
    return Fence.NONE;
  }

  @Override
  public void apply(Batch batch) {}

  @Override
  public void repair(Repair repair) {}

  @Override
  public boolean isTransient(Exception e) {
    return true;
  }

  @Override
  public void close() {}
}
