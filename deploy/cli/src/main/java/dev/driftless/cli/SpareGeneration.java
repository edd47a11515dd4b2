package dev.driftless.cli;

import dev.driftless.projectors.Generations;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.Lag;
import dev.driftless.reconciler.ViewLag;
import java.util.HashMap;
import java.util.Map;

/**
 * A generation of a view that is kept beside the one that readers see.
 *
 * @param generation its number
 * @param old whether readers saw it before; else it is being built
 * @param lag how many events it has not applied
 */
record SpareGeneration(int generation, boolean old, long lag) {

  /** By view; a view whose store does not answer is told of elsewhere. */
  static Map<String, SpareGeneration> all(ProjectorsConfig config) {
    Map<String, SpareGeneration> all = new HashMap<>();
    try (Lag lag = Lag.ofSpares(config)) {
      for (ViewLag view : lag.read()) {
        try (Generations generations = Views.generations(view.view(), config)) {
          Generations.Numbers numbers = generations.numbers();
          if (numbers.hasSpare()) {
            all.put(
                view.view(),
                new SpareGeneration(numbers.spare(), numbers.isSpareOld(), view.events()));
          }
        } catch (RuntimeException e) {
          continue;
        }
      }
    }
    return all;
  }

  /** A cell of a table. */
  @Override
  public String toString() {
    return "%d (%s, %,d behind)".formatted(generation, old ? "old" : "new", lag);
  }
}
