package dev.driftless.projectors;

import java.util.List;

/**
 * Entities of one partition that a view shall hold as the log says, whatever it holds of them now.
 *
 * @param epoch under which to write
 * @param position that the view's store holds: every history is complete up to here
 * @param histories of entities of this view; one without records is to be gone
 */
public record Repair(int partition, long epoch, long position, List<History> histories) {

  public Repair {
    histories = List.copyOf(histories);
  }
}
