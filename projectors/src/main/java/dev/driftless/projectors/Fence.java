package dev.driftless.projectors;

import org.jspecify.annotations.Nullable;

/**
 * What a view's store says of one partition.
 *
 * @param epoch who may write: 0 if nobody ever did
 * @param position up to where the view holds the log; null if it holds nothing
 * @param generation which of the view's generations says so; empty where there is only one
 */
public record Fence(long epoch, @Nullable Position position, String generation) {

  /** Of a store that holds nothing. */
  public static final Fence NONE = new Fence(0, null);

  /** Of a view that has only one generation. */
  public Fence(long epoch, @Nullable Position position) {
    this(epoch, position, "");
  }

  /** The first offset that the view has not applied; 0 if it holds nothing. */
  public long offset() {
    return position == null ? 0 : position.offset();
  }
}
