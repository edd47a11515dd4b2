package dev.driftless.projectors;

import org.jspecify.annotations.Nullable;

/**
 * What a view's store says of one partition.
 *
 * @param epoch who may write: 0 if nobody ever did
 * @param position up to where the view holds the log; null if it holds nothing
 */
public record Fence(long epoch, @Nullable Position position) {

  /** Of a store that holds nothing. */
  public static final Fence NONE = new Fence(0, null);

  /** The first offset that the view has not applied; 0 if it holds nothing. */
  public long offset() {
    return position == null ? 0 : position.offset();
  }
}
