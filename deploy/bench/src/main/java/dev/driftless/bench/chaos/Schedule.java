package dev.driftless.bench.chaos;

import java.math.BigInteger;
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
 * <p>Run again, it writes the same events about the same subjects, each writer in the same order,
 * and does the same to the same targets after as many events and for as long at least. What the
 * machine decides is not the same: how the writers interleave, at which offset an event lands and
 * whether it is appended twice, what exactly is under way when a fault strikes, and who is given
 * which partition. So a run that failed may have to be run more than once until it fails again.
 *
 * @param seed of what the writers write
 * @param events how many are appended, at least 1
 * @param steps in the order in which they are taken, each after more events than the one before,
 *     and none after more than there are
 */
public record Schedule(long seed, int events, List<Step> steps) {

  /** So many more kills than of any other kind are in a schedule that a seed makes. */
  private static final int MORE_KILLS = 3;

  /**
   * Before each step of a schedule that a seed makes, and after the last: it has something to hit.
   */
  private static final int LEAST_BETWEEN = 50;

  /** Of a schedule that a seed makes. */
  public static final int LEAST_EVENTS =
      LEAST_BETWEEN * (FaultKind.values().length + MORE_KILLS + 1);

  private static final Pattern HEAD = Pattern.compile("seed (-?\\d{1,19}), (\\d{1,10}) events");

  public Schedule {
    steps = List.copyOf(steps);
    if (events < 1) {
      throw new IllegalArgumentException("events: expected at least 1, found " + events);
    }
    int before = 0;
    for (Step step : steps) {
      if (step.afterEvents() <= before || step.afterEvents() > events) {
        throw new IllegalArgumentException(
            "'%s': expected after %d to %d events".formatted(step, before + 1, events));
      }
      before = step.afterEvents();
    }
  }

  /**
   * Made from the seed alone: each kind of fault once in some order, and three more kills.
   *
   * @throws IllegalArgumentException if the steps do not fit into so few events
   */
  public static Schedule of(long seed, int events) {
    if (events < LEAST_EVENTS) {
      throw new IllegalArgumentException(
          "events: expected at least %d, found %d".formatted(LEAST_EVENTS, events));
    }
    Random random = new Random(seed);
    List<FaultKind> order = new ArrayList<>(List.of(FaultKind.values()));
    order.addAll(Collections.nCopies(MORE_KILLS, FaultKind.KILL));
    Collections.shuffle(order, random);
    List<Step> steps = new ArrayList<>();
    int gap = events / (order.size() + 1);
    for (int i = 0; i < order.size(); i++) {
      steps.add(step((i + 1) * gap, order.get(i), random));
    }
    return new Schedule(seed, events, steps);
  }

  /** Without the steps of other kinds; those that are left are as they were. */
  public Schedule only(Collection<FaultKind> kinds) {
    return new Schedule(
        seed, events, steps.stream().filter(step -> kinds.contains(step.kind())).toList());
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
    String first = lines.isEmpty() ? "" : lines.get(0);
    Matcher head = HEAD.matcher(first);
    if (!head.matches()) {
      throw new IllegalArgumentException(
          "'%s': a schedule begins with a line like 'seed 17, 5000 events'".formatted(first));
    }
    return new Schedule(
        number(head.group(1), Long.MIN_VALUE, Long.MAX_VALUE),
        (int) number(head.group(2), 1, Integer.MAX_VALUE),
        lines.stream().skip(1).map(Step::parse).toList());
  }

  /** Of a line's digits: there may be more of them than the number can hold. */
  static long number(String digits, long least, long most) {
    BigInteger number = new BigInteger(digits);
    if (number.compareTo(BigInteger.valueOf(least)) < 0
        || number.compareTo(BigInteger.valueOf(most)) > 0) {
      throw new IllegalArgumentException(
          "expected %d to %d, found %s".formatted(least, most, digits));
    }
    return number.longValue();
  }

  @Override
  public String toString() {
    return steps.stream()
        .map(Step::toString)
        .collect(Collectors.joining("\n", "seed %d, %d events\n".formatted(seed, events), "\n"));
  }
}
