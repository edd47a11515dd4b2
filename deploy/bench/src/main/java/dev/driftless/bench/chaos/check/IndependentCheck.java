package dev.driftless.bench.chaos.check;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;

/**
 * Compares what writers were told with the log, and the log with what five views hold. For views
 * that have applied the whole log and a log that nobody appends to; for a run shorter than the time
 * to live of sessions, with ids of letters, digits and {@code - _ .}.
 */
public final class IndependentCheck {

  private final Stores stores;

  public IndependentCheck(Stores stores) {
    this.stores = stores;
  }

  /** All that is wrong; nothing if all is well. */
  public List<Finding> run(Written written) throws Exception {
    List<LoggedRecord> log = new LogReader(stores).read();
    List<Finding> findings = new ArrayList<>(compare(written, log));
    Set<Long> duplicates =
        log.stream()
            .filter(r -> r.outcome() == Outcome.DUPLICATE)
            .map(LoggedRecord::offset)
            .collect(Collectors.toSet());
    for (CheckedView view :
        List.of(
            new RelationalView(stores),
            new VectorView(stores),
            new CacheView(stores),
            new ContextView(stores),
            new AuditView(stores, topicId()))) {
      compare(view.name(), view.expected(log), view.held(), duplicates, findings);
    }
    return findings;
  }

  private static List<Finding> compare(Written written, List<LoggedRecord> log) {
    List<Finding> findings = new ArrayList<>();
    Map<String, LoggedRecord> logged = new HashMap<>();
    Map<String, Integer> copies = new HashMap<>();
    for (LoggedRecord r : log) {
      if (r.event() != null) {
        logged.put(r.partition() + "/" + r.offset(), r);
        copies.merge(key(r), 1, Integer::sum);
      }
    }
    copies.forEach(
        (event, count) -> {
          int attempts = written.attempts().getOrDefault(event, 0);
          if (count > attempts) {
            findings.add(
                new Finding(
                    "log",
                    event,
                    attempts == 0 ? Wrong.PHANTOM : Wrong.DUPLICATED,
                    "appended %d times, there %d times".formatted(attempts, count)));
          }
        });
    written.acknowledged().values().forEach(inOrder -> compare(inOrder, logged, findings));
    return findings;
  }

  private static String key(LoggedRecord r) {
    return Written.key(r.whose(), String.valueOf(r.text("eventId")));
  }

  private static void compare(
      List<Acknowledged> inOrder, Map<String, LoggedRecord> logged, List<Finding> findings) {
    long before = -1;
    for (Acknowledged ack : inOrder) {
      String event = Written.key(ack.whose(), ack.eventId());
      String place = ack.partition() + "/" + ack.offset();
      LoggedRecord there = logged.get(place);
      if (there == null || !event.equals(key(there))) {
        findings.add(new Finding("log", event, Wrong.LOST, "acknowledged at " + place));
      } else if (!ack.event().equals(there.avro())) {
        findings.add(new Finding("log", event, Wrong.CORRUPT, place + " says something else"));
      } else if (ack.offset() <= before) {
        findings.add(
            new Finding("log", event, Wrong.REORDERED, place + " was appended after " + before));
      }
      before = Math.max(before, ack.offset());
    }
  }

  /** What shows an event that was there before was done twice. */
  private static void compare(
      String view,
      Map<String, Fact> expected,
      Map<String, Fact> held,
      Set<Long> duplicates,
      List<Finding> findings) {
    expected.forEach(
        (key, right) -> {
          Fact found = held.get(key);
          if (found == null) {
            findings.add(new Finding(view, key, Wrong.LOST, "expected @" + right.offset()));
            return;
          }
          Wrong wrong = found.comparedWith(right);
          if (wrong == Wrong.CORRUPT
              && found.offset() != right.offset()
              && duplicates.contains(found.offset())) {
            wrong = Wrong.DUPLICATED;
          }
          if (wrong != null) {
            String detail =
                "@%d instead of @%d, differing: %s"
                    .formatted(found.offset(), right.offset(), found.differingFrom(right));
            findings.add(new Finding(view, key, wrong, detail));
          }
        });
    held.forEach(
        (key, found) -> {
          if (!expected.containsKey(key)) {
            findings.add(new Finding(view, key, Wrong.PHANTOM, "found @" + found.offset()));
          }
        });
  }

  private String topicId() throws ExecutionException, InterruptedException {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", stores.bootstrapServers()))) {
      return admin
          .describeTopics(List.of(stores.log()))
          .topicNameValues()
          .values()
          .iterator()
          .next()
          .get()
          .topicId()
          .toString();
    }
  }
}
