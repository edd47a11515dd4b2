package dev.driftless.reconciler;

import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.Held;
import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.LogRecord;
import dev.driftless.reconciler.log.EntityLog;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Compares entities once, each at the cut at which the view shows it. An entity whose events the
 * view set aside may also be as the log says without them: that is a dead letter still open, and no
 * divergence. Anything else is one, whatever was set aside.
 */
final class EntityCheck {

  private final Inspector view;
  private final EntityLog log;
  private final SetAside setAside;
  private final int partitions;

  EntityCheck(Inspector view, EntityLog log, SetAside setAside, int partitions) {
    this.view = view;
    this.log = log;
    this.setAside = setAside;
    this.partitions = partitions;
  }

  /**
   * What differs in which entity; those that do not differ are absent.
   *
   * @param held the log's copy must be as far as what these show
   */
  Map<Entity, List<Divergence>> differing(List<Held> held) {
    Comparison comparison = new Comparison(view.view(), Instant.now());
    List<@Nullable List<HeldRow>> expected = expected(held);
    Map<Entity, List<Divergence>> differing = new LinkedHashMap<>();
    for (int i = 0; i < held.size(); i++) {
      Held found = held.get(i);
      List<HeldRow> rows = expected.get(i);
      List<Divergence> divergences =
          rows == null ? List.of() : comparison.of(found.entity(), rows, found.rows());
      if (rows == null || !divergences.isEmpty()) {
        divergences = explained(comparison, found, divergences);
      }
      if (!divergences.isEmpty()) {
        differing.put(found.entity(), divergences);
      }
    }
    return differing;
  }

  /** Null where the projector could not have applied the history. */
  private List<@Nullable List<HeldRow>> expected(List<Held> held) {
    List<History> histories = new ArrayList<>(held.size());
    for (Held h : held) {
      histories.add(history(h, Set.of()));
    }
    try {
      return new ArrayList<>(view.expected(histories));
    } catch (RuntimeException e) {
      List<@Nullable List<HeldRow>> each = new ArrayList<>(held.size());
      histories.forEach(history -> each.add(expected(history)));
      return each;
    }
  }

  private @Nullable List<HeldRow> expected(History history) {
    try {
      return view.expected(List.of(history)).get(0);
    } catch (RuntimeException e) {
      if (view.isTransient(e)) {
        throw e;
      }
      return null;
    }
  }

  private History history(Held held, Set<Long> without) {
    Entity entity = held.entity();
    return log.history(view, entity, entity.partition(partitions), held.asOf(), without);
  }

  private List<Divergence> explained(
      Comparison comparison, Held found, List<Divergence> divergences) {
    Entity entity = found.entity();
    Map<Long, String> letters = setAside.reasons(entity.partition(partitions));
    List<Long> offsets =
        log.offsets(view, entity, entity.partition(partitions), found.asOf(), Set.of());
    String reason =
        offsets.stream().filter(letters::containsKey).map(letters::get).findFirst().orElse(null);
    if (reason == null) {
      return divergences;
    }
    if (entity.kind() == Kind.RECORD) {
      return isRefusal(comparison, found, reason) ? List.of() : divergences;
    }
    List<HeldRow> without = expected(history(found, letters.keySet()));
    List<Divergence> left =
        without == null ? divergences : comparison.of(entity, without, found.rows());
    if (!left.isEmpty()) {
      return divergences.isEmpty() ? left : divergences;
    }
    if (divergences.isEmpty()) {
      divergences =
          List.of(new Divergence(view.view(), entity, "", Divergence.Kind.STALE, null, null, null));
    }
    return divergences.stream().map(d -> d.becauseOf(reason)).toList();
  }

  /** The audit trail says for ever that the view refused the record, and it did. */
  private boolean isRefusal(Comparison comparison, Held found, String reason) {
    History history = history(found, Set.of());
    LogRecord r = history.records().get(0);
    for (LogRecord refused : List.of(refused(r, reason, true), refused(r, reason, false))) {
      List<HeldRow> rows =
          expected(new History(found.entity(), List.of(refused), history.chainBefore()));
      if (rows != null && comparison.of(found.entity(), rows, found.rows()).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private static LogRecord refused(LogRecord r, String reason, boolean decoded) {
    return new LogRecord(
        r.partition(),
        r.offset(),
        r.logTime(),
        r.appendTime(),
        r.key(),
        r.value(),
        Disposition.REFUSED,
        decoded ? r.decoded() : null,
        reason);
  }
}
