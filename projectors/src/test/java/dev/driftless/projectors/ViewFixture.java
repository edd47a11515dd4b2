package dev.driftless.projectors;

import dev.driftless.events.MemoryEvent;
import java.util.List;

/**
 * One view in a real store, empty at first and apart from every other fixture's, as the contract
 * needs it.
 */
public interface ViewFixture extends AutoCloseable {

  /**
   * A projector on the fixture's store; may be called often, and several may be open at once. The
   * caller closes it.
   */
  Projector open();

  /** An inspector of the fixture's store, for a log of so many partitions. The caller closes it. */
  default Inspector inspect(int partitions) {
    throw new UnsupportedOperationException();
  }

  /**
   * Everything a reader of the view sees, one line a row with all its columns, in a stable order;
   * no epochs, no positions.
   */
  List<String> shown();

  /**
   * Text that is part of a line of {@link #shown} while this {@code MemoryRecorded} or {@code
   * MemoryRevised} is shown.
   */
  String trace(MemoryEvent event);

  /** Takes everything of the view away, its positions too, as a lost disk would. */
  void wipe();

  /**
   * Takes a copy of the whole view with its positions; running the answer puts it back, in place of
   * what is there.
   */
  Runnable copy();

  /** Removes the view from the store. */
  @Override
  void close();
}
