package dev.driftless.reconciler;

import java.time.Instant;
import java.util.List;

/**
 * What one check found.
 *
 * @param at when it began
 * @param views in the order in which views are shown
 */
public record Report(Instant at, List<ViewReport> views) {

  /** Whether any view is otherwise than the log says. */
  public boolean hasDivergences() {
    return views.stream().anyMatch(view -> view.divergenceCount() > 0);
  }

  /** Whether of some view nothing could be told. */
  public boolean hasUnknowns() {
    return views.stream().anyMatch(view -> view.unknown() != null);
  }

  /** 0 if all views are as the log says, 1 if one is not, 2 if that could not be told. */
  public int exitCode() {
    return hasDivergences() ? 1 : hasUnknowns() ? 2 : 0;
  }
}
