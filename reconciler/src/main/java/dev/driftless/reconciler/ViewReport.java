package dev.driftless.reconciler;

import dev.driftless.projectors.ReadCost;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one check of one view found.
 *
 * @param compared how many keys were compared with the log
 * @param verifiedTo by partition: what the log says below this offset was compared with what the
 *     view holds, now or by an earlier check; empty if that is not known
 * @param divergences the first {@link #SHOWN}
 * @param divergenceCount how many there are
 * @param deadLetters keys that differ since the view set an event of theirs aside; no divergences
 * @param cost what the check cost the view's store
 * @param unknown why it could not be told whether the view is right; null if it could
 */
public record ViewReport(
    String view,
    boolean deep,
    long compared,
    Map<Integer, Long> verifiedTo,
    List<Divergence> divergences,
    long divergenceCount,
    List<Divergence> deadLetters,
    ReadCost cost,
    Duration took,
    @Nullable String unknown) {

  /** Most divergences that a report names; the rest is counted. */
  public static final int SHOWN = 20_000;

  /** Up to where it is verified, of all partitions: the sum of the positions. */
  public long verified() {
    return verifiedTo.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Whether the view is known to be as the log says. */
  public boolean isClean() {
    return unknown == null && divergenceCount == 0;
  }
}
