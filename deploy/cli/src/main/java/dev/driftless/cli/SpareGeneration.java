package dev.driftless.cli;

import dev.driftless.projectors.Generations;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.Lag;
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
      for (String view : Views.withGenerations()) {
        try (Generations generations = Views.generations(view, config)) {
          Generations.Numbers numbers = generations.numbers();
          if (numbers.hasSpare()) {
            long behind = lag.read(view).events();
            all.put(view, new SpareGeneration(numbers.spare(), numbers.isSpareOld(), behind));
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
