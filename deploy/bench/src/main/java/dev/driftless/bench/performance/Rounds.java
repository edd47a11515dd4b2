package dev.driftless.bench.performance;

import dev.driftless.bench.performance.Comparison.Bound;
import dev.driftless.local.Progress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects what each round of a part gives, under names. For one thread. */
final class Rounds {

  private final String part;
  private final String unit;
  private final Progress progress;
  private final Map<String, List<Double>> figures = new LinkedHashMap<>();

  /**
   * @param progress is told each figure
   */
  Rounds(String part, String unit, Progress progress) {
    this.part = part;
    this.unit = unit;
    this.progress = progress;
  }

  void add(String name, double figure) {
    progress.say("%s: %s: %s %s".formatted(part, name, Comparison.number(figure), unit));
    figures.computeIfAbsent(name, n -> new ArrayList<>()).add(figure);
  }

  boolean has(String name) {
    return figures.containsKey(name);
  }

  /** One of the names beside another. */
  Comparison compare(String what, String beside, @Nullable Bound bound) {
    return new Comparison(part, what, unit, of(what), beside, of(beside), bound);
  }

  /** One of the names beside nothing. */
  Comparison alone(String what, @Nullable Bound bound) {
    return new Comparison(part, what, unit, of(what), "", List.of(), bound);
  }

  /** What the rounds gave. */
  List<Double> of(String name) {
    return figures.getOrDefault(name, List.of());
  }
}
