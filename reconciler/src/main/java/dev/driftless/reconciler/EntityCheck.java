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
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Compares entities once, each at the cut at which the view shows it. An entity whose events the
 * view set aside may also be as the log says without them: that is a dead letter still open, and no
 * divergence. Anything else is one, whatever was set aside.
 */
final class EntityCheck {

  /** However many entities are asked for, no more of their events are in memory together. */
  static final int RECORDS_AT_ONCE = 5_000;

  private static final int MOST_COMBINED = 4;

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
    Map<Entity, List<Divergence>> differing = new LinkedHashMap<>();
    List<Held> some = new ArrayList<>();
    List<History> histories = new ArrayList<>();
    long records = 0;
    for (Held h : held) {
      History history = history(h, Set.of());
      some.add(h);
      histories.add(history);
      records += history.records().size();
      if (records >= RECORDS_AT_ONCE) {
        compare(some, histories, differing);
        some.clear();
        histories.clear();
        records = 0;
      }
    }
    compare(some, histories, differing);
    return differing;
  }

  private void compare(
      List<Held> held, List<History> histories, Map<Entity, List<Divergence>> differing) {
    Comparison comparison = new Comparison(view.view(), Instant.now());
    List<@Nullable List<HeldRow>> expected = expected(histories);
    for (int i = 0; i < held.size(); i++) {
      Held found = held.get(i);
      List<HeldRow> rows = expected.get(i);
      List<Divergence> divergences =
          rows == null ? List.of() : comparison.of(found.entity(), rows, found.rows());
      if (rows == null || !divergences.isEmpty()) {
        divergences = explained(comparison, found, rows == null ? null : divergences);
      }
      if (!divergences.isEmpty()) {
        differing.put(found.entity(), divergences);
      }
    }
  }

  /** Null where the projector could not have applied the history. */
  private List<@Nullable List<HeldRow>> expected(List<History> histories) {
    try {
      return new ArrayList<>(view.expected(histories));
    } catch (RuntimeException e) {
      List<@Nullable List<HeldRow>> each = new ArrayList<>(histories.size());
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

  /**
   * The divergences; none if there is no difference but that of what was set aside, which then is
   * their reason.
   *
   * @param divergences null if it cannot be computed what the log says
   */
  private List<Divergence> explained(
      Comparison comparison, Held found, @Nullable List<Divergence> divergences) {
    Entity entity = found.entity();
    Map<Long, String> letters = setAside.reasons(entity.partition(partitions));
    List<Long> refused =
        log.offsets(view, entity, found.asOf(), Set.of()).stream()
            .filter(letters::containsKey)
            .toList();
    if (!refused.isEmpty()) {
      String reason = Objects.requireNonNull(letters.get(refused.get(0)));
      if (entity.kind() == Kind.RECORD && isRefusal(comparison, found, reason)) {
        return List.of();
      }
      if (entity.kind() != Kind.RECORD && isWithoutSome(comparison, found, refused)) {
        return because(entity, divergences, reason);
      }
    }
    if (divergences == null) {
      throw new CannotTellException(
          "what the log says of a %s at %s cannot be computed here, though no event of it was set aside: look at the log of this program"
              .formatted(entity.kind(), found.asOf()));
    }
    return divergences;
  }

  private List<Divergence> because(
      Entity entity, @Nullable List<Divergence> divergences, String reason) {
    List<Divergence> differences =
        divergences == null
            ? List.of(
                new Divergence(view.view(), entity, "", Divergence.Kind.STALE, null, null, null))
            : divergences;
    return differences.stream().map(d -> d.becauseOf(reason)).toList();
  }

  /** Some of what was set aside may have been applied since. */
  private boolean isWithoutSome(Comparison comparison, Held found, List<Long> refused) {
    int few = Math.min(refused.size(), MOST_COMBINED);
    for (int combination = (1 << few) - 1; combination > 0; combination--) {
      Set<Long> without = new HashSet<>(refused.subList(few, refused.size()));
      for (int i = 0; i < few; i++) {
        if ((combination >> i & 1) == 1) {
          without.add(refused.get(i));
        }
      }
      List<HeldRow> rows = expected(history(found, without));
      if (rows != null && comparison.of(found.entity(), rows, found.rows()).isEmpty()) {
        return true;
      }
    }
    return false;
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
