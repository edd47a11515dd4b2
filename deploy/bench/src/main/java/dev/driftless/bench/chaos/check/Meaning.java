package dev.driftless.bench.chaos.check;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.avro.generic.GenericRecord;

/**
 * What the events of one partition mean, in their order. An event whose id came within 24 h of log
 * time before it is a duplicate, whether or not that one was a duplicate itself; what comes after a
 * memory was forgotten changes nothing.
 */
final class Meaning {

  private static final long WINDOW_MS = Duration.ofHours(24).toMillis();

  private static final Set<String> OF_A_SESSION =
      Set.of(
          "SessionStarted",
          "MessageAppended",
          "SessionEnded",
          "CheckpointSaved",
          "ToolCallIntended",
          "ToolCallCompleted",
          "ToolCallFailed",
          "ToolCallCompensated");

  private final Map<String, Long> lastSeenMs = new HashMap<>();
  private final Set<String> forgotten = new HashSet<>();

  Outcome of(GenericRecord event, long logMs) {
    String whose = new String(key(event), UTF_8) + '\0';
    Long before = lastSeenMs.put(whose + event.get("eventId"), logMs);
    if (before != null && logMs - before <= WINDOW_MS) {
      return Outcome.DUPLICATE;
    }
    GenericRecord payload = (GenericRecord) event.get("payload");
    String type = payload.getSchema().getName();
    if (!type.startsWith("Memory") || type.equals("MemoryRecalled")) {
      return Outcome.APPLIED;
    }
    String memory = whose + payload.get("memoryId");
    if (forgotten.contains(memory)) {
      return Outcome.FORGOTTEN;
    }
    if (type.equals("MemoryForgotten")) {
      forgotten.add(memory);
    }
    return Outcome.APPLIED;
  }

  /** UTF-8 tenant, a zero byte, UTF-8 subject. */
  static byte[] key(GenericRecord event) {
    return (event.get("tenant") + "\0" + event.get("subject")).getBytes(UTF_8);
  }

  static boolean hasSession(GenericRecord event) {
    return event.get("session") != null && !event.get("session").toString().isEmpty();
  }

  static boolean needsSession(GenericRecord event) {
    return OF_A_SESSION.contains(((GenericRecord) event.get("payload")).getSchema().getName());
  }
}
