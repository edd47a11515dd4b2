package dev.driftless.bench.performance;

import java.util.List;

/**
 * What was measured.
 *
 * @param cores that this process may use
 */
public record BenchReport(BenchPlan plan, int cores, List<Comparison> comparisons) {

  public BenchReport {
    comparisons = List.copyOf(comparisons);
  }
}
