package dev.driftless.projectors;

/**
 * The store does not hold the epoch and position that this writer left there: it was replaced, or
 * the store was.
 */
public final class FencedException extends RuntimeException {

  private final int partition;

  public FencedException(String view, int partition, long epoch) {
    super(
        "view=%s partition=%d epoch=%d is no longer the writer at this position"
            .formatted(view, partition, epoch));
    this.partition = partition;
  }

  /** Of which partition. */
  public int partition() {
    return partition;
  }
}
