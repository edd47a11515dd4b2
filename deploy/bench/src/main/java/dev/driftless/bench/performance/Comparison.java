package dev.driftless.bench.performance;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A figure, and what it is held against: both from the same rounds on the same servers.
 *
 * @param part of the benchmark, as {@code --only} names it
 * @param what was measured
 * @param unit of both, for example {@code events/s}
 * @param measured in each round
 * @param beside what it is held against; empty if it stands alone
 * @param others what that gave in each round; empty if there is nothing beside it
 * @param bound of the ratio of the two, or of the figure if it stands alone; null if none must hold
 */
public record Comparison(
    String part,
    String what,
    String unit,
    List<Double> measured,
    String beside,
    List<Double> others,
    @Nullable Bound bound) {

  /**
   * What must hold of {@link #judged}.
   *
   * @param least null if it may be as small as it is
   * @param most null if it may be as large as it is
   */
  public record Bound(@Nullable Double least, @Nullable Double most) {

    static Bound atLeast(double ratio) {
      return new Bound(ratio, null);
    }

    static Bound atMost(double ratio) {
      return new Bound(null, ratio);
    }

    boolean holds(double ratio) {
      return (least == null || ratio >= least) && (most == null || ratio <= most);
    }

    @Override
    public String toString() {
      if (most == null) {
        return "≥ %.2f".formatted(least);
      }
      return least == null ? "≤ %.2f".formatted(most) : "%.2f – %.2f".formatted(least, most);
    }
  }

  public Comparison {
    measured = List.copyOf(measured);
    others = List.copyOf(others);
    if (measured.isEmpty()) {
      throw new IllegalArgumentException(what + ": nothing was measured");
    }
    if (!others.isEmpty() && others.size() != measured.size()) {
      throw new IllegalArgumentException(
          "%s: %d rounds beside %d".formatted(what, measured.size(), others.size()));
    }
  }

  /** The median of the rounds. */
  @JsonProperty
  public double value() {
    return median(measured);
  }

  /** The median of the rounds of what is beside it; null if there is nothing. */
  @JsonProperty
  public @Nullable Double other() {
    return others.isEmpty() ? null : median(others);
  }

  /** The median of the ratios of each round; null if there is nothing beside it. */
  @JsonProperty
  public @Nullable Double ratio() {
    if (others.isEmpty()) {
      return null;
    }
    Double[] ratios = new Double[measured.size()];
    Arrays.setAll(ratios, round -> measured.get(round) / others.get(round));
    return median(List.of(ratios));
  }

  /** What the bound is about: the ratio, or the figure if nothing is beside it. */
  public double judged() {
    Double ratio = ratio();
    return ratio == null ? value() : ratio;
  }

  /** Whether the bound holds; null if there is none. */
  @JsonProperty
  public @Nullable Boolean holds() {
    return bound == null ? null : bound.holds(judged());
  }

  /** As many digits as say something. */
  public static String number(double figure) {
    return figure >= 100
        ? "%,.0f".formatted(figure)
        : figure >= 1 ? "%.1f".formatted(figure) : "%.3f".formatted(figure);
  }

  private static double median(List<Double> rounds) {
    double[] sorted = rounds.stream().mapToDouble(x -> x).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
