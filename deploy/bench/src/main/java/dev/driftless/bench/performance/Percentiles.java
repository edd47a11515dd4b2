package dev.driftless.bench.performance;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Of durations in nanoseconds. */
final class Percentiles {

  private final long[] sorted;

  private Percentiles(long[] sorted) {
    this.sorted = sorted;
  }

  /**
   * @throws IllegalArgumentException if there are none
   */
  static Percentiles of(Collection<Long> nanos) {
    if (nanos.isEmpty()) {
      throw new IllegalArgumentException("nothing was measured");
    }
    return new Percentiles(nanos.stream().mapToLong(Long::longValue).sorted().toArray());
  }

  /** Of two things one after the other, which have nothing to do with each other. */
  static Percentiles ofSums(List<Long> first, List<Long> second) {
    List<Long> shuffled = new ArrayList<>(second);
    Collections.shuffle(shuffled, new Random(1));
    List<Long> sums = new ArrayList<>(first.size());
    for (int i = 0; i < first.size(); i++) {
      sums.add(first.get(i) + shuffled.get(i % shuffled.size()));
    }
    return of(sums);
  }

  /** The smallest that at least so many percent are not above, in milliseconds. */
  double millis(double percent) {
    int rank = (int) Math.ceil(percent / 100 * sorted.length);
    return sorted[Math.max(0, rank - 1)] / 1e6;
  }
}
