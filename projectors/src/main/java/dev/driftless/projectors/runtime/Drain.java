package dev.driftless.projectors.runtime;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.runtime.ApplySpans.Traced;
import dev.driftless.schemas.RegistryUnavailableException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Takes what waits in partitions to the store. The one place that decides what an error means: a
 * store that is away is waited for, a record that the store refuses for ever is found and set
 * aside, a view in which all is refused is stopped.
 */
final class Drain {

  private final String name;
  private final Projector projector;
  private final DeadLetters deadLetters;
  private final ViewMeters meters;
  private final ApplySpans spans;
  private final int maxBatch;

  /**
   * @param name what the view is called in messages
   * @param maxBatch records of a partition in one batch at most
   */
  Drain(
      String name,
      Projector projector,
      DeadLetters deadLetters,
      ViewMeters meters,
      ApplySpans spans,
      int maxBatch) {
    this.name = name;
    this.projector = projector;
    this.deadLetters = deadLetters;
    this.meters = meters;
    this.spans = spans;
    this.maxBatch = maxBatch;
  }

  /**
   * Returns when nothing waits any more in any of them.
   *
   * @throws StoreAwayException if it has to be tried again; what was acknowledged is noted in the
   *     partitions
   * @throws FencedException if the store is not as this process left it
   * @throws ViewStoppedException if the view must not go on
   */
  void drain(Collection<OwnedPartition> partitions) {
    List<OwnedPartition> waiting = waiting(partitions);
    while (!waiting.isEmpty()) {
      if (waiting.size() == 1 || !drainTogether(waiting)) {
        waiting.forEach(this::drainAlone);
      }
      waiting = waiting(partitions);
    }
  }

  private static List<OwnedPartition> waiting(Collection<OwnedPartition> partitions) {
    return partitions.stream().filter(OwnedPartition::hasWork).toList();
  }

  /** False if not all that waits can be applied; then each is to be drained for itself. */
  private boolean drainTogether(List<OwnedPartition> partitions) {
    Map<OwnedPartition, Batch> batches = new LinkedHashMap<>();
    for (OwnedPartition partition : partitions) {
      Batch batch = partition.batch(maxBatch);
      if (deadLetters.allowed(batch) < batch.records().size()) {
        return false;
      }
      batches.put(partition, batch);
    }
    if (attempt(batches) != null) {
      return false;
    }
    batches.forEach(this::applied);
    return true;
  }

  private void drainAlone(OwnedPartition partition) {
    int most = maxBatch;
    while (partition.hasWork()) {
      Batch batch = partition.batch(most);
      int allowed = deadLetters.allowed(batch);
      if (allowed < batch.records().size()) {
        batch = partition.batch(allowed);
      }
      RuntimeException refusal = attempt(Map.of(partition, batch));
      if (refusal == null) {
        applied(partition, batch);
      } else if (batch.records().size() > 1) {
        most = batch.records().size() / 2;
      } else {
        setAside(partition, batch, refusal);
        most = maxBatch;
      }
    }
  }

  /** Null if the store acknowledged the batches, its exception if it refuses one for ever. */
  private @Nullable RuntimeException attempt(Map<OwnedPartition, Batch> batches) {
    batches.forEach((partition, batch) -> deadLetters.add(batch, partition.fence().generation()));
    List<Traced> traced =
        batches.entrySet().stream().flatMap(b -> b.getKey().traced(b.getValue()).stream()).toList();
    try {
      meters.timed(
          () -> spans.during(traced, () -> projector.apply(List.copyOf(batches.values()))));
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

  private void applied(OwnedPartition partition, Batch batch) {
    partition.applied(batch);
    deadLetters.acknowledged(batch);
    meters.applied(batch);
  }

  private void setAside(OwnedPartition partition, Batch batch, RuntimeException refusal) {
    if (batch.records().isEmpty() || batch.records().get(0).disposition() == Disposition.REFUSED) {
      throw new ViewStoppedException(
          "view=%s partition=%d offset=%d: stopped, the store refuses even to move past this offset: %s"
              .formatted(name, batch.partition(), batch.from(), firstLine(refusal)));
    }
    partition.refuseFirst("the store refuses it: " + firstLine(refusal));
  }

  /** Of the root cause, or of what says already which server it was and why. */
  static String firstLine(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null && !(root instanceof RegistryUnavailableException)) {
      root = root.getCause();
    }
    String message = root.getMessage() == null ? root.toString() : root.getMessage();
    return message.lines().findFirst().orElse("");
  }
}
