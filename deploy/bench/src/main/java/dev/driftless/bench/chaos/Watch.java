package dev.driftless.bench.chaos;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.Divergence;
import dev.driftless.reconciler.Reconciler;
import dev.driftless.reconciler.Report;
import dev.driftless.reconciler.ViewReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * The reconciler, checking without end on a thread of its own. A divergence that it tells while
 * everything is done right is a false alarm; that a store which was made to lose something has lost
 * something is none.
 */
final class Watch implements AutoCloseable {

  private static final Duration BETWEEN = Duration.ofMillis(300);
  private static final int DEEP_EVERY = 3;

  private final Reconciler reconciler;
  private final Predicate<String> hasLost;
  private final Thread thread = new Thread(this::run, "watch");
  private final List<String> alarms = new ArrayList<>();
  private volatile boolean over;
  private volatile int checks;

  /**
   * @param hasLost whether a view's store was made to lose what it had acknowledged
   */
  Watch(Reconciler reconciler, Predicate<String> hasLost) {
    this.reconciler = reconciler;
    this.hasLost = hasLost;
    thread.setDaemon(true);
    thread.start();
  }

  /** How many views were compared with the log so far, each time they were. */
  int checks() {
    return checks;
  }

  /** What was told, after the last check. */
  List<String> stop() {
    over = true;
    LockSupport.unpark(thread);
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    return List.copyOf(alarms);
  }

  /** In a line: what a check of everything finds now that all is quiet. */
  List<String> lastCheck() {
    Report report = reconciler.check(Views.names(), true);
    List<String> wrong = new ArrayList<>();
    report.views().forEach(view -> describe(view, d -> true, wrong));
    report.views().stream()
        .filter(view -> view.unknown() != null)
        .forEach(view -> wrong.add(view.view() + ": could not be told: " + view.unknown()));
    return wrong;
  }

  @Override
  public void close() {
    List<String> unused = stop();
    reconciler.close();
  }

  private void run() {
    for (int check = 1; !over; check++) {
      try {
        for (ViewReport view : reconciler.check(Views.names(), check % DEEP_EVERY == 0).views()) {
          checks += view.unknown() == null ? 1 : 0;
          describe(view, d -> !isTrue(d), alarms);
        }
      } catch (RuntimeException e) {
        // the broker is away: nothing can be told
      }
      LockSupport.parkNanos(BETWEEN.toNanos());
    }
  }

  private boolean isTrue(Divergence told) {
    return told.entity().kind() == Entity.Kind.POSITION
        && told.kind() == Divergence.Kind.STALE
        && hasLost.test(told.view());
  }

  private static void describe(ViewReport view, Predicate<Divergence> wanted, List<String> into) {
    view.divergences().stream()
        .filter(wanted)
        .map(
            d ->
                "%s: %s is %s: expected %s, found %s"
                    .formatted(d.view(), d.key(), d.kind(), d.expected(), d.found()))
        .forEach(into::add);
    for (Divergence d : view.deadLetters()) {
      into.add("%s: %s was set aside: %s".formatted(d.view(), d.key(), d.deadLetter()));
    }
  }
}
