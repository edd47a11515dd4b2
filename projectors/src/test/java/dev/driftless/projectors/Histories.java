package dev.driftless.projectors;

import dev.driftless.projectors.audit.AuditChain;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Histories as the reconciler gives them, made from records in memory. */
public final class Histories {

  private Histories() {}

  /** Of every entity of the view; the records are those of partition 0 of the log "topic". */
  public static List<History> of(List<LogRecord> records, Inspector inspector) {
    if (inspector.sources().contains(Entity.Kind.RECORD)) {
      return chained(records);
    }
    Map<Entity, List<LogRecord>> histories = new LinkedHashMap<>();
    for (LogRecord r : records) {
      Entity source = Entity.of(r.event());
      if (source == null || !inspector.sources().contains(source.kind())) {
        continue;
      }
      for (Entity entity : inspector.changedBy(source)) {
        List<LogRecord> history = histories.computeIfAbsent(entity, e -> new ArrayList<>());
        if (entity.kind() == Entity.Kind.SUBJECT) {
          history.clear();
        }
        history.add(r);
      }
    }
    return histories.entrySet().stream().map(e -> new History(e.getKey(), e.getValue())).toList();
  }

  /** Those rows of which it makes a difference whether they are there. */
  public static List<HeldRow> live(List<HeldRow> rows) {
    Instant soon = Instant.now().plusSeconds(2);
    return rows.stream()
        .filter(r -> r.goneAt() == null || Objects.requireNonNull(r.goneAt()).isAfter(soon))
        .toList();
  }

  static boolean isEmpty(@Nullable BucketDigests buckets) {
    return buckets != null
        && buckets.positions().isEmpty()
        && LongStream.of(buckets.digests()).allMatch(d -> d == 0);
  }

  private static List<History> chained(List<LogRecord> records) {
    List<History> histories = new ArrayList<>();
    byte[] chain = AuditChain.genesis("topic", 0);
    for (LogRecord r : records) {
      histories.add(new History(Entity.record(r.partition(), r.offset()), List.of(r), chain));
      chain = AuditChain.next(chain, r);
    }
    return histories;
  }
}
