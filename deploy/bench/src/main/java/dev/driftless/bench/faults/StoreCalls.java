package dev.driftless.bench.faults;

/**
 * What the proxy before one store saw: every call, also those that make a connection.
 *
 * @param failed by the proxy's doing
 */
public record StoreCalls(Store store, long calls, long failed) {

  /** The share that failed; 0 where there were no calls. */
  public double rate() {
    return calls == 0 ? 0 : (double) failed / calls;
  }
}
