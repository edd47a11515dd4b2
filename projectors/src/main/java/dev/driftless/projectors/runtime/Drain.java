package dev.driftless.projectors.runtime;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.Projector;
import org.jspecify.annotations.Nullable;

/**
 * Takes what waits in a partition to the store. The one place that decides what an error means: a
 * store that is away is waited for, a record that the store refuses for ever is found and set
 * aside, a view in which all is refused is stopped.
 */
final class Drain {

  private final String name;
  private final Projector projector;
  private final DeadLetters deadLetters;
  private final ViewMeters meters;

  Drain(ViewParts parts, DeadLetters deadLetters) {
    this.name = parts.name();
    this.projector = parts.projector();
    this.deadLetters = deadLetters;
    this.meters = parts.meters();
  }

  /**
   * Returns when nothing waits any more.
   *
   * @throws StoreAwayException if it has to be tried again; what was acknowledged is noted in the
   *     partition
   * @throws FencedException if the store is not as this process left it
   * @throws ViewStoppedException if the view must not go on
   */
  void drain(OwnedPartition partition) {
    int most = Integer.MAX_VALUE;
    while (partition.hasWork()) {
      Batch batch = partition.batch(most);
      int allowed = deadLetters.allowed(batch);
      if (allowed < batch.records().size()) {
        batch = partition.batch(allowed);
      }
      RuntimeException refusal = attempt(batch, partition.fence().generation());
      if (refusal == null) {
        partition.applied(batch);
        deadLetters.acknowledged(batch);
        meters.applied(batch);
      } else if (batch.records().size() > 1) {
        most = batch.records().size() / 2;
      } else {
        setAside(partition, batch, refusal);
        most = Integer.MAX_VALUE;
      }
    }
  }

  /** Null if the store acknowledged the batch, its exception if it refuses it for ever. */
  private @Nullable RuntimeException attempt(Batch batch, String generation) {
    deadLetters.add(batch, generation);
    try {
      meters.timed(() -> projector.apply(batch));
      return null;
    } catch (FencedException e) {
      throw e;
    } catch (RuntimeException e) {
      if (projector.isTransient(e)) {
        throw new StoreAwayException(e);
      }
      return e;
    }
  }

  private void setAside(OwnedPartition partition, Batch batch, RuntimeException refusal) {
    if (batch.records().isEmpty() || batch.records().get(0).disposition() == Disposition.REFUSED) {
      throw new ViewStoppedException(
          "view=%s partition=%d offset=%d: stopped, the store refuses even to move past this offset: %s"
              .formatted(name, batch.partition(), batch.from(), firstLine(refusal)));
    }
    partition.refuseFirst("the store refuses it: " + firstLine(refusal));
  }

  static String firstLine(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String message = root.getMessage() == null ? root.toString() : root.getMessage();
    return message.lines().findFirst().orElse("");
  }
}
