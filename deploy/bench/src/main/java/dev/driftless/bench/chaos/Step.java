package dev.driftless.bench.chaos;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One fault of a schedule.
 *
 * @param afterEvents how many events are appended before, at least 1
 * @param lasting how long the writers go on until it is ended, not negative
 */
public record Step(int afterEvents, FaultKind kind, String target, Duration lasting) {

  private static final Pattern LINE =
      Pattern.compile("after (\\d{1,10}) events: ([a-z-]+) ([a-z]+) for (\\d{1,9}) ms");

  public Step {
    if (afterEvents < 1) {
      throw new IllegalArgumentException(
          "%s %s: expected after at least 1 event, found %d"
              .formatted(kind.word(), target, afterEvents));
    }
    if (lasting.isNegative()) {
      throw new IllegalArgumentException(
          "%s %s: expected to last 0 ms or longer, found %d ms"
              .formatted(kind.word(), target, lasting.toMillis()));
    }
    if (!kind.targets().contains(target)) {
      throw new IllegalArgumentException(
          "%s %s: expected one of %s".formatted(kind.word(), target, kind.targets()));
    }
  }

  /** As {@link #toString} writes it. */
  static Step parse(String line) {
    Matcher parts = LINE.matcher(line);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "'%s': expected a line like 'after 100 events: kill redis for 500 ms'".formatted(line));
    }
    return new Step(
        (int) Schedule.number(parts.group(1), 1, Integer.MAX_VALUE),
        FaultKind.of(parts.group(2)),
        parts.group(3),
        Duration.ofMillis(Long.parseLong(parts.group(4))));
  }

  @Override
  public String toString() {
    return "after %d events: %s %s for %d ms"
        .formatted(afterEvents, kind.word(), target, lasting.toMillis());
  }
}
