package dev.driftless.bench.performance;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.app.Views;
import java.util.List;

/**
 * How much is measured.
 *
 * @param events in the log of each round; half of them where each brings a vector, five times as
 *     many where they are published
 * @param rounds of which a figure is the median, 1 to 40
 * @param seconds of steady load, and of idleness
 * @param growth how many events are in a view when its speed is measured again, ascending
 * @param views of which is measured what is measured of each view in the same way
 * @param seed of the events
 */
public record BenchPlan(
    int events, int rounds, int seconds, List<Integer> growth, List<String> views, long seed) {

  /** With more, what growth measures at one size would be more than the next. */
  private static final int MOST_ROUNDS = 40;

  /** Points are large: growth to so many is as good as to more. */
  private static final int MOST_POINTS = 100_000;

  /** Enough that start and end of a round do not count. */
  public static final BenchPlan FULL =
      new BenchPlan(200_000, 5, 20, List.of(10_000, 100_000, 1_000_000), Views.names(), 1);

  /** Shows that everything runs, and no more. */
  public static final BenchPlan QUICK =
      new BenchPlan(4_000, 1, 1, List.of(4_000, 12_000), List.of("relational"), 1);

  public BenchPlan {
    if (events < 1_000) {
      throw new IllegalArgumentException("events: expected at least 1000, found " + events);
    }
    if (rounds < 1 || rounds > MOST_ROUNDS) {
      throw new IllegalArgumentException(
          "rounds: expected 1 to %d, found %d".formatted(MOST_ROUNDS, rounds));
    }
    growth = List.copyOf(growth);
    views = List.copyOf(views);
  }

  /** The same with so many rounds. */
  public BenchPlan withRounds(int other) {
    return new BenchPlan(events, other, seconds, growth, views, seed);
  }

  /** What a view is filled with. */
  List<MemoryEvent> workload(String view) {
    return new Workload(seed, isEmbedded(view)).next(events(view));
  }

  /** How many those are. */
  int events(String view) {
    return isEmbedded(view) ? events / 2 : events;
  }

  /** As {@link #growth}, of one view. */
  List<Integer> sizes(String view) {
    int most = isEmbedded(view) ? MOST_POINTS : Integer.MAX_VALUE;
    return growth.stream().filter(size -> size <= most).toList();
  }

  /** Whether its events bring vectors. */
  boolean isEmbedded(String view) {
    return view.equals("vector");
  }
}
