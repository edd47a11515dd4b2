package dev.driftless.cli;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryRecorded;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Remembers whose event and which memory came first, so that a demonstration can show them. */
final class FirstSeen implements EventImport {

  private final EventImport format;
  private @Nullable MemoryEvent event;
  private @Nullable MemoryEvent memory;

  FirstSeen(EventImport format) {
    this.format = format;
  }

  @Override
  public List<MemoryEvent> read(String line) {
    List<MemoryEvent> events = format.read(line);
    for (MemoryEvent next : events) {
      event = event == null ? next : event;
      boolean isMemory = next.getPayload() instanceof MemoryRecorded;
      memory = memory == null && isMemory ? next : memory;
    }
    return events;
  }

  /** An event of the subject to show: one with a memory if there is any; null if nothing came. */
  @Nullable MemoryEvent subject() {
    return memory == null ? event : memory;
  }

  /** The text of the first memory; null if there was none. */
  @Nullable String text() {
    return memory == null ? null : ((MemoryRecorded) memory.getPayload()).getText();
  }
}
