package dev.driftless.cli;

import dev.driftless.projectors.Generations;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.Lag;
import dev.driftless.reconciler.ViewLag;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A generation of a view that is kept beside the one that readers see.
 *
 * @param generation its number
 * @param old whether readers saw it before; else it is being built
 * @param lag how many events it has not applied; null if that cannot be told
 * @param problem why it cannot be told, or why it is not kept; null if all is well
 */
record SpareGeneration(int generation, boolean old, @Nullable Long lag, @Nullable String problem) {

  /** By view; a view whose store does not answer is told of elsewhere. */
  static Map<String, SpareGeneration> all(ProjectorsConfig config) {
    Map<String, SpareGeneration> all = new HashMap<>();
    try (Lag lag = Lag.ofSpares(config)) {
      for (String view : Views.withGenerations()) {
        try (Generations generations = Views.generations(view, config)) {
          Generations.Numbers numbers = generations.numbers();
          if (numbers.hasSpare()) {
            all.put(view, of(numbers, lag.read(view)));
          }
        } catch (RuntimeException e) {
          continue;
        }
      }
    }
    return all;
  }

  private static SpareGeneration of(Generations.Numbers numbers, ViewLag lag) {
    boolean known = lag.isKnown() && !lag.isLost();
    return new SpareGeneration(
        numbers.spare(), numbers.isSpareOld(), known ? lag.events() : null, lag.problem());
  }

  /**
   * @param reason why its projector stopped; null if it did not
   */
  SpareGeneration stopped(@Nullable String reason) {
    return reason == null ? this : new SpareGeneration(generation, old, lag, reason);
  }

  /** A cell of a table. */
  @Override
  public String toString() {
    return "%d (%s, %s)"
        .formatted(
            generation,
            old ? "old" : "new",
            problem != null || lag == null ? "not well" : "%,d behind".formatted(lag));
  }
}
