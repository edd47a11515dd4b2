package dev.driftless.cli;

import dev.driftless.local.Progress;
import dev.driftless.reconciler.Lag;
import dev.driftless.reconciler.ViewLag;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Waits until all views have applied the log up to a cut, and says every second how far it is. */
final class CatchUp {

  private static final Duration POLL = Duration.ofMillis(100);
  private static final long PROGRESS_NANOS = Duration.ofSeconds(1).toNanos();

  /** Without any view moving. */
  private static final Duration STANDSTILL = Duration.ofSeconds(90);

  private final Stack stack;
  private final Lag lag;
  private final Progress progress;

  CatchUp(Stack stack, Lag lag, Progress progress) {
    this.stack = stack;
    this.lag = lag;
    this.progress = progress;
  }

  /**
   * @param cut per partition, the first offset that need not be applied
   * @throws IllegalStateException if it cannot come to that, and why
   */
  void await(Map<Integer, Long> cut) {
    long movedAt = System.nanoTime();
    long saidAt = movedAt;
    long applied = -1;
    List<ViewLag> views = lag.read();
    while (!views.stream().allMatch(view -> missing(view, cut) == 0)) {
      checkProjectors();
      long sum = views.stream().mapToLong(ViewLag::applied).sum();
      movedAt = sum == applied ? movedAt : System.nanoTime();
      applied = sum;
      if (System.nanoTime() - movedAt > STANDSTILL.toNanos()) {
        throw new IllegalStateException(
            "no view has moved for %d s; missing: %s; driftless status tells more (log: %s)"
                .formatted(
                    STANDSTILL.toSeconds(), text(views, cut), stack.projectors().program().log()));
      }
      if (System.nanoTime() - saidAt > PROGRESS_NANOS) {
        saidAt = System.nanoTime();
        progress.say("waiting for the views, events to go: " + text(views, cut));
      }
      pause();
      views = lag.read();
    }
  }

  private static long missing(ViewLag view, Map<Integer, Long> cut) {
    if (!view.isKnown()) {
      return Long.MAX_VALUE;
    }
    return view.partitions().stream()
        .mapToLong(p -> Math.max(0, cut.getOrDefault(p.partition(), 0L) - p.position()))
        .sum();
  }

  private void checkProjectors() {
    Map<String, String> stopped = stack.projectors().stoppedViews();
    if (!stopped.isEmpty()) {
      throw new IllegalStateException(String.join("; ", stopped.values()));
    }
    if (!stack.projectors().isRunning()) {
      throw new IllegalStateException(
          "the projectors ended: %s (log: %s)"
              .formatted(
                  stack.projectors().program().lastWords(), stack.projectors().program().log()));
    }
  }

  private static String text(List<ViewLag> views, Map<Integer, Long> cut) {
    return views.stream()
        .filter(view -> missing(view, cut) > 0)
        .map(view -> view.view() + " " + number(view, missing(view, cut)))
        .collect(Collectors.joining(", "));
  }

  private static String number(ViewLag view, long missing) {
    return view.isKnown() ? "%,d".formatted(missing) : "unknown (" + view.problem() + ")";
  }

  private static void pause() {
    try {
      Thread.sleep(POLL.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for the views", e);
    }
  }
}
