package dev.driftless.bench.faults;

import java.util.List;

/** What the experiment measured. */
public record FaultsReport(FaultsPlan plan, List<WayResult> ways) {

  /** 1 if driftless was tried and did not come out clean, else 0. */
  public int exitCode() {
    return ways.stream().allMatch(w -> w.way() != Way.DRIFTLESS || w.tally().isClean()) ? 0 : 1;
  }
}
