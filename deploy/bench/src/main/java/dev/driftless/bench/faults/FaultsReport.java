package dev.driftless.bench.faults;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the experiment measured.
 *
 * @param ways those that were tried to the end
 * @param problem why there are no others; null if none is missing
 */
public record FaultsReport(FaultsPlan plan, List<WayResult> ways, @Nullable String problem) {

  /**
   * 2 if a way could not be tried to the end; 1 if driftless was tried and did not come out clean
   * and for good, acknowledged nothing, or left an action without an outcome; else 0.
   */
  public int exitCode() {
    if (problem != null) {
      return 2;
    }
    return ways.stream().allMatch(w -> w.way() != Way.DRIFTLESS || isClean(w)) ? 0 : 1;
  }

  private boolean isClean(WayResult way) {
    return way.tally().isClean()
        && way.consistentAfter() != null
        && way.acknowledged() > 0
        && way.acknowledged() + way.refused() + way.cutShort() == plan.actions();
  }
}
