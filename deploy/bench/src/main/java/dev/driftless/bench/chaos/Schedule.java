package dev.driftless.bench.chaos;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What is done to a stack under load, as a value: it can be printed, and read back from what was
 * printed.
 *
 * @param seed of what the writers write; together with the steps it makes the run again
 * @param events how many are appended
 * @param steps in the order in which they are taken
 */
public record Schedule(long seed, int events, List<Step> steps) {

  private static final Pattern HEAD = Pattern.compile("seed (-?\\d{1,18}), (\\d{1,9}) events");

  public Schedule {
    steps = List.copyOf(steps);
  }

  /**
   * Made from the seed alone: each of these kinds once in some order, and three more kills.
   *
   * @param kinds that can be done here
   */
  public static Schedule of(long seed, int events, Collection<FaultKind> kinds) {
    Random random = new Random(seed);
    List<FaultKind> order = new ArrayList<>(kinds);
    if (kinds.contains(FaultKind.KILL)) {
      order.addAll(Collections.nCopies(3, FaultKind.KILL));
    }
    Collections.shuffle(order, random);
    List<Step> steps = new ArrayList<>();
    int gap = events / (order.size() + 1);
    for (int i = 0; i < order.size(); i++) {
      steps.add(step((i + 1) * gap, order.get(i), random));
    }
    return new Schedule(seed, events, steps);
  }

  private static Step step(int afterEvents, FaultKind kind, Random random) {
    String target = kind.targets().get(random.nextInt(kind.targets().size()));
    long least = kind.shortest().toMillis();
    long more = kind.longest().toMillis() - least;
    Duration lasting = Duration.ofMillis(least + random.nextInt((int) more + 1));
    return new Step(afterEvents, kind, target, lasting);
  }

  /**
   * Reads what {@link #toString} wrote; blank lines and what follows {@code #} are passed over.
   *
   * @throws IllegalArgumentException if a line is none; names it
   */
  public static Schedule parse(String text) {
    List<String> lines =
        text.lines().map(l -> l.replaceFirst("#.*", "").strip()).filter(l -> !l.isEmpty()).toList();
    Matcher head = HEAD.matcher(lines.isEmpty() ? "" : lines.get(0));
    if (!head.matches()) {
      throw new IllegalArgumentException(
          "a schedule begins with a line like 'seed 17, 5000 events'");
    }
    return new Schedule(
        Long.parseLong(head.group(1)),
        Integer.parseInt(head.group(2)),
        lines.stream().skip(1).map(Step::parse).toList());
  }

  @Override
  public String toString() {
    return steps.stream()
        .map(Step::toString)
        .collect(Collectors.joining("\n", "seed %d, %d events\n".formatted(seed, events), "\n"));
  }
}
