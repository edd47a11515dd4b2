package dev.driftless.reconciler;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.HeldRow;
import dev.driftless.reconciler.Divergence.Kind;
import dev.driftless.reconciler.Divergence.State;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rows of one entity: as they should be, beside as they are. */
final class Comparison {

  /** A row may go while it is being read, and two clocks are never the same. */
  private static final Duration SOON = Duration.ofSeconds(30);

  private final String view;
  private final Instant now;

  Comparison(String view, Instant now) {
    this.view = view;
    this.now = now;
  }

  List<Divergence> of(Entity entity, List<HeldRow> expected, List<HeldRow> found) {
    Map<String, HeldRow> left = new LinkedHashMap<>();
    found.forEach(row -> left.put(row.name(), row));
    List<Divergence> divergences = new ArrayList<>();
    for (HeldRow row : expected) {
      Kind kind = kind(row, left.remove(row.name()));
      if (kind != null) {
        divergences.add(divergence(entity, kind, row, named(found, row.name())));
      }
    }
    for (HeldRow row : left.values()) {
      if (!isGone(row)) {
        divergences.add(divergence(entity, Kind.PHANTOM, null, row));
      }
    }
    return divergences;
  }

  private @Nullable Kind kind(HeldRow expected, @Nullable HeldRow found) {
    if (isGone(expected)) {
      // outlived: a reader would take it for alive
      return found == null || isGone(found) ? null : Kind.PHANTOM;
    }
    if (found == null) {
      return Kind.MISSING;
    }
    if (expected.matches(found)) {
      return null;
    }
    return found.offset() >= 0 && found.offset() < expected.offset() ? Kind.STALE : Kind.CORRUPT;
  }

  private boolean isGone(HeldRow row) {
    Instant goneAt = row.goneAt();
    return goneAt != null && goneAt.isBefore(now.plus(SOON));
  }

  private Divergence divergence(
      Entity entity, Kind kind, @Nullable HeldRow expected, @Nullable HeldRow found) {
    HeldRow either = expected == null ? found : expected;
    String row = either == null ? "" : either.name();
    return new Divergence(view, entity, row, kind, state(expected), state(found), null);
  }

  private static @Nullable HeldRow named(List<HeldRow> rows, String name) {
    return rows.stream().filter(row -> row.name().equals(name)).findFirst().orElse(null);
  }

  private static @Nullable State state(@Nullable HeldRow row) {
    return row == null ? null : new State(row.offset(), HexFormat.of().toHexDigits(row.digest()));
  }
}
