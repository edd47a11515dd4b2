package dev.driftless.projectors.runtime;

import dev.driftless.projectors.Fence;
import dev.driftless.schemas.ViewPosition;
import java.util.Collection;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What one stream thread tells clients of the positions of its partitions. Nothing that goes wrong
 * with it holds the view up. For that thread.
 */
final class ToldPositions {

  private static final Logger LOG = LoggerFactory.getLogger(ToldPositions.class);

  /** Then the topic is missing, and it is tried again at the next check only. */
  private static final int MOST_TRIES = 50;

  private final ViewParts parts;
  private final PositionReports reports;
  private final DeadLetters deadLetters;

  /** Some position could not be told when it was reached. */
  private boolean owed;

  private int tries;

  /** Whether all is known that owners before this one set aside; nothing is told before. */
  private boolean deadLettersKnown;

  ToldPositions(ViewParts parts, PositionReports reports, DeadLetters deadLetters) {
    this.parts = parts;
    this.reports = reports;
    this.deadLetters = deadLetters;
  }

  /** A partition is acquired, so nobody else can move its position any more. */
  void acquired() {
    OptionalLong end = parts.log().end(deadLetters.topic());
    end.ifPresent(deadLetters::known);
    deadLettersKnown = end.isPresent();
  }

  /**
   * @param waiting why the view does not go on; null if nothing is known to hold it up
   */
  void tell(OwnedPartition partition, @Nullable String waiting) {
    if (deadLettersKnown && partition.positioned()) {
      Fence fence = partition.fence();
      boolean taken =
          reports.report(
              new ViewPosition(
                  parts.projector().view(),
                  partition.partition(),
                  partition.topicId(),
                  fence.generation(),
                  fence.epoch(),
                  fence.offset(),
                  deadLetters.end(),
                  waiting));
      owed |= !taken;
    }
  }

  /** As {@link #tell}, of each. */
  void tell(Collection<OwnedPartition> partitions, @Nullable String waiting) {
    owed = false;
    partitions.forEach(partition -> tell(partition, waiting));
  }

  /** What could not be told before, at every poll. */
  void tellOwed(Collection<OwnedPartition> partitions, @Nullable String waiting) {
    if (owed && ++tries <= MOST_TRIES) {
      tell(partitions, waiting);
    }
  }

  /**
   * Every few seconds, where nothing happens too: so a report that should not have been the last
   * one, of a projector that was replaced, does not stay.
   */
  void tellAgain(Collection<OwnedPartition> partitions, @Nullable String waiting) {
    if (tries > MOST_TRIES) {
      LOG.warn(
          "view={} cannot tell clients its position: is there a topic {}?", parts.name(), reports);
    }
    tries = 0;
    if (!deadLettersKnown) {
      acquired();
    }
    tell(partitions, waiting);
  }
}
