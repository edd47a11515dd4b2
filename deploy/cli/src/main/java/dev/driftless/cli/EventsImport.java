package dev.driftless.cli;

import dev.driftless.events.MemoryEvent;
import dev.driftless.schemas.EventFormatException;
import dev.driftless.schemas.EventJson;
import java.util.List;

/** One event a line, as {@link EventJson} reads it. */
final class EventsImport implements EventImport {

  @Override
  public List<MemoryEvent> read(String line) {
    try {
      return List.of(EventJson.read(line));
    } catch (EventFormatException e) {
      throw new ImportException(String.valueOf(e.getMessage()), e);
    }
  }
}
