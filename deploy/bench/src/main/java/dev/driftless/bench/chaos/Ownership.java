package dev.driftless.bench.chaos;

import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.CannotTellException;
import dev.driftless.reconciler.Lag;
import dev.driftless.reconciler.ViewLag;
import dev.driftless.reconciler.ViewLag.PartitionLag;
import java.util.HashMap;
import java.util.Map;

/**
 * Who may write to the partitions of each view, by the epochs in the stores: each new owner has a
 * higher one.
 *
 * @param epochs by {@code view/partition}; of all views that have answered
 */
record Ownership(Map<String, Long> epochs) {

  /** Empty if the broker does not answer. */
  static Ownership now(Lag lag) {
    Map<String, Long> epochs = new HashMap<>();
    try {
      for (ViewLag view : lag.read()) {
        for (PartitionLag at : view.partitions()) {
          epochs.put(view.view() + "/" + at.partition(), at.epoch());
        }
      }
    } catch (CannotTellException e) {
      return new Ownership(Map.of());
    }
    return new Ownership(epochs);
  }

  /** Whether all views told it, and each of their partitions has an owner. */
  boolean isWhole() {
    return epochs.size() == Views.names().size() * ChaosStack.PARTITIONS
        && epochs.values().stream().allMatch(epoch -> epoch > 0);
  }

  /** Whether every one of these partitions has another owner since. */
  boolean isAllAnotherSince(Ownership before) {
    return before.epochs.entrySet().stream()
        .allMatch(was -> epochs.getOrDefault(was.getKey(), 0L) > was.getValue());
  }
}
