package dev.driftless.bench.faults;

import java.util.List;

/** What the experiment measured. */
public record FaultsReport(FaultsPlan plan, List<WayResult> ways) {

  /**
   * 1 if driftless was tried and did not come out clean and for good, acknowledged nothing, or left
   * an action without an outcome; else 0.
   */
  public int exitCode() {
    return ways.stream().allMatch(w -> w.way() != Way.DRIFTLESS || isClean(w)) ? 0 : 1;
  }

  private boolean isClean(WayResult way) {
    return way.tally().isClean()
        && way.consistentAfter() != null
        && way.acknowledged() > 0
        && way.acknowledged() + way.refused() + way.cutShort() == plan.actions();
  }
}
