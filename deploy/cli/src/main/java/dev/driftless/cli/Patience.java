package dev.driftless.cli;

import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.NotVisibleException;
import dev.driftless.producer.Receipt;
import dev.driftless.producer.View;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** For how long a command waits for views to show events. */
final class Patience {

  private static final Duration PROGRESS = Duration.ofSeconds(1);

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "60",
      description = "For how long to wait for a view. Default: 60.")
  private int seconds = 60;

  /**
   * Says every second what it waits for, and at the end how long it took.
   *
   * @throws IllegalStateException if that takes longer, and what is known of why
   * @throws dev.driftless.producer.SetAsideException if a view could not apply an event
   */
  Duration await(MemoryLog log, Collection<Receipt> receipts, List<String> views, Output output) {
    List<View> all = views.stream().map(View::new).toList();
    long began = System.nanoTime();
    Duration left = Duration.ofSeconds(seconds);
    while (left.compareTo(PROGRESS) > 0) {
      try {
        log.awaitVisible(receipts, all, PROGRESS);
        break;
      } catch (NotVisibleException e) {
        output.say("waiting: " + behind(e));
        left = Duration.ofSeconds(seconds).minusNanos(System.nanoTime() - began);
      }
    }
    if (left.compareTo(PROGRESS) <= 0) {
      last(log, receipts, all, left.isNegative() ? Duration.ZERO : left);
    }
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    output
        .people()
        .println(
            "visible in %s after %s".formatted(String.join(", ", views), Output.seconds(took)));
    return took;
  }

  private void last(MemoryLog log, Collection<Receipt> receipts, List<View> views, Duration left) {
    try {
      log.awaitVisible(receipts, views, left);
    } catch (NotVisibleException e) {
      throw new IllegalStateException(
          "not visible within %d s: %s".formatted(seconds, behind(e)), e.getCause());
    }
  }

  private static String behind(NotVisibleException e) {
    return e.behind().stream().map(Object::toString).collect(Collectors.joining("; "));
  }
}
