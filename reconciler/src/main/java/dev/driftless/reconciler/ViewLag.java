package dev.driftless.reconciler;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How far one view is behind the log.
 *
 * @param partitions in their order; empty if the view's store was not to be asked
 * @param problem why the store was not to be asked, or that its position is not one of this log;
 *     null if all is well
 */
public record ViewLag(String view, List<PartitionLag> partitions, @Nullable String problem) {

  /**
   * @param end the offset after the log's last record that readers see (read_committed)
   * @param position the first offset that the view has not applied
   * @param epoch who may write to the view; a number of milliseconds since 1970 that is at least
   *     the time at which the running projector took the partition over; 0 if none ever did
   * @param behind how far the view is behind in log time: nothing if there is nothing to apply,
   *     else from the log time of its position (of the log's first record if it holds nothing) to
   *     when the log's last record was appended
   * @param generation which of the view's generations that is; empty where there is only one
   */
  public record PartitionLag(
      int partition, long end, long position, long epoch, Duration behind, String generation) {

    /** Offsets that the view has not applied: the log's end minus the position, at least 0. */
    public long events() {
      return Math.max(0, end - position);
    }
  }

  /** Offsets that the view has not applied, of all partitions; meaningless if it is not known. */
  public long events() {
    return partitions.stream().mapToLong(PartitionLag::events).sum();
  }

  /** How far the furthest partition is behind in log time; meaningless if it is not known. */
  public Duration behind() {
    return partitions.stream()
        .map(PartitionLag::behind)
        .max(Comparator.naturalOrder())
        .orElse(Duration.ZERO);
  }

  /** Offsets that the view has applied, of all partitions: the sum of its positions. */
  public long applied() {
    return partitions.stream().mapToLong(PartitionLag::position).sum();
  }

  /** Which of the view's generations says so; of all partitions that say it. */
  String generation() {
    return partitions.stream()
        .map(PartitionLag::generation)
        .distinct()
        .collect(Collectors.joining(" "));
  }

  /** Whether its position is not one of this log, so that its projector has stopped. */
  public boolean isLost() {
    return isKnown() && problem != null;
  }

  /** Whether the numbers mean anything. */
  public boolean isKnown() {
    return !partitions.isEmpty();
  }
}
