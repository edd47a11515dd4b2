package dev.driftless.cli;

import dev.driftless.events.MemoryEvent;
import java.util.List;

/** What the lines of a file mean. Knows nothing of files and line numbers. */
interface EventImport {

  /**
   * The events of the next line, in the order in which they are to be in the log.
   *
   * @throws ImportException naming the field
   */
  List<MemoryEvent> read(String line);
}
