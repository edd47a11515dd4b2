package dev.driftless.bench.chaos;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One fault of a schedule.
 *
 * @param afterEvents how many events are appended before
 * @param lasting how long the writers go on until it is ended
 */
public record Step(int afterEvents, FaultKind kind, String target, Duration lasting) {

  private static final Pattern LINE =
      Pattern.compile("after (\\d{1,9}) events: ([a-z-]+) ([a-z]+) for (\\d{1,9}) ms");

  public Step {
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
        Integer.parseInt(parts.group(1)),
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
