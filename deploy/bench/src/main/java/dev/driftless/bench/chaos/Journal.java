package dev.driftless.bench.chaos;

import dev.driftless.bench.chaos.check.Acknowledged;
import dev.driftless.bench.chaos.check.Written;
import dev.driftless.events.MemoryEvent;
import dev.driftless.producer.Receipt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the writers did and were told. Safe for several threads. */
final class Journal {

  private final Map<String, List<Acknowledged>> acknowledged = new HashMap<>();
  private final Map<String, Integer> attempts = new HashMap<>();

  synchronized void attempted(MemoryEvent event) {
    attempts.merge(Written.key(whose(event), event.getEventId()), 1, Integer::sum);
  }

  /** In the order of the appends of a subject. */
  synchronized void acknowledged(MemoryEvent event, Receipt receipt) {
    String whose = whose(event);
    acknowledged
        .computeIfAbsent(whose, w -> new ArrayList<>())
        .add(new Acknowledged(whose, event.getEventId(), receipt.partition(), receipt.offset()));
  }

  synchronized Written written() {
    return new Written(Map.copyOf(acknowledged), Map.copyOf(attempts));
  }

  private static String whose(MemoryEvent event) {
    return event.getTenant() + "/" + event.getSubject();
  }
}
