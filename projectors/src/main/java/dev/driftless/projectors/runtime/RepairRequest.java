package dev.driftless.projectors.runtime;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.History;
import dev.driftless.projectors.LogRecord;

/**
 * Asks whoever keeps a view to make it hold of one entity what the log says. Nothing is changed if
 * the view is behind {@code asOf}, or beyond it by an event that may change the entity: then
 * somebody has to look again and ask again.
 *
 * @param topicId of the log that says so: another log of the same name has another
 * @param asOf the history holds every event of the entity below this offset, and none from it on
 */
public record RepairRequest(String view, String topicId, long asOf, History history) {

  public RepairRequest {
    for (LogRecord r : history.records()) {
      if (r.offset() >= asOf) {
        throw new IllegalArgumentException(
            "a history as of offset %d holds a record at %d".formatted(asOf, r.offset()));
      }
    }
  }

  /** What is to be repaired. */
  public Entity entity() {
    return history.entity();
  }

  /** What is asked for, never what the records say. */
  @Override
  public String toString() {
    return "view=%s entity=%s asOf=%d records=%d"
        .formatted(view, entity(), asOf, history.records().size());
  }
}
