package dev.driftless.projectors;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One row, point, key or member that a view holds of an entity, or should hold.
 *
 * @param name tells the rows of an entity apart, and is shown to people: table or key, without the
 *     entity's own ids
 * @param offset of the event that the row shows; -1 where a row does not say
 * @param digest of all that the row holds, but for {@code vector} and {@code goneAt}: the first 8
 *     bytes of a SHA-256
 * @param vector compared within a tolerance; null where there is none
 * @param goneAt from then on it makes no difference whether the row is there: its store drops it,
 *     or no reader shows it; null if that is never
 */
public record HeldRow(
    String name, long offset, long digest, float @Nullable [] vector, @Nullable Instant goneAt) {

  /** A server normalises vectors anew, in single precision. */
  private static final float VECTOR_TOLERANCE = 1e-4f;

  /** A server tells how long a key lives in milliseconds from its own now. */
  private static final Duration LIFE_TOLERANCE = Duration.ofSeconds(1);

  /** A row that stays, without a vector. */
  public HeldRow(String name, long offset, long digest) {
    this(name, offset, digest, null, null);
  }

  /** True if both hold the same, but for what a store does to floats and to the time left. */
  public boolean matches(HeldRow other) {
    return name.equals(other.name)
        && offset == other.offset
        && digest == other.digest
        && isNear(vector, other.vector)
        && isNear(goneAt, other.goneAt);
  }

  private static boolean isNear(float @Nullable [] a, float @Nullable [] b) {
    if (a == null || b == null || a.length != b.length) {
      return a == b;
    }
    for (int i = 0; i < a.length; i++) {
      if (!(Math.abs(a[i] - b[i]) <= VECTOR_TOLERANCE)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isNear(@Nullable Instant a, @Nullable Instant b) {
    if (a == null || b == null) {
      return Objects.equals(a, b);
    }
    return Duration.between(a, b).abs().compareTo(LIFE_TOLERANCE) <= 0;
  }
}
