package dev.driftless.bench.chaos;

import dev.driftless.projectors.Entity;
import dev.driftless.reconciler.CannotTellException;
import dev.driftless.reconciler.Divergence;
import dev.driftless.reconciler.Report;
import dev.driftless.reconciler.ViewReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The reconciler, checking without end on a thread of its own. A divergence that it tells while
 * everything is done right is a false alarm; that a store which was made to lose something has lost
 * something is none.
 */
final class Watch implements AutoCloseable {

  private static final Duration BETWEEN = Duration.ofSeconds(1);
  private static final int DEEP_EVERY = 3;

  private final Check check;
  private final Predicate<String> hasLost;
  private final Duration patience;
  private final Thread thread = new Thread(this::run, "watch");
  private final List<String> alarms = new CopyOnWriteArrayList<>();
  private volatile boolean over;
  private volatile int checks;
  private volatile @Nullable RuntimeException failure;

  /** What is done again and again; not by several threads. */
  interface Check extends AutoCloseable {

    /** Compares all views with the log. */
    Report run(boolean deep);

    @Override
    void close();
  }

  /**
   * @param hasLost whether a view's store may have lost what it had acknowledged
   * @param patience with the check that goes on when it is stopped: a broker that is away holds it
   *     up
   */
  Watch(Check check, Predicate<String> hasLost, Duration patience) {
    this.check = check;
    this.patience = patience;
    this.hasLost = hasLost;
    thread.setDaemon(true);
    thread.start();
  }

  /** How many views were compared with the log so far, each time they were. */
  int checks() {
    return checks;
  }

  /** What was told so far; all of it, once it was stopped. */
  List<String> alarms() {
    return List.copyOf(alarms);
  }

  /**
   * Returns after the last check.
   *
   * @throws RuntimeException that a check threw, unless only nothing could be told
   * @throws IllegalStateException if the last check does not end
   */
  void stop() {
    if (!isStopped()) {
      throw new IllegalStateException("the reconciler's check does not end in " + patience);
    }
    RuntimeException thrown = failure;
    if (thrown != null) {
      throw thrown;
    }
  }

  /** In a line: what a check of everything finds now that all is quiet. For after the stop. */
  List<String> lastCheck() {
    Report report = check.run(true);
    List<String> wrong = new ArrayList<>();
    report.views().forEach(view -> describe(view, d -> true, wrong));
    report.views().stream()
        .filter(view -> view.unknown() != null)
        .forEach(view -> wrong.add(view.view() + ": could not be told: " + view.unknown()));
    return wrong;
  }

  /** What a check that does not end uses stays open. */
  @Override
  public void close() {
    if (isStopped()) {
      check.close();
    }
  }

  private boolean isStopped() {
    over = true;
    LockSupport.unpark(thread);
    try {
      thread.join(patience.toMillis());
      return !thread.isAlive();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private void run() {
    for (int number = 1; !over && failure == null; number++) {
      try {
        for (ViewReport view : check.run(number % DEEP_EVERY == 0).views()) {
          checks += view.unknown() == null ? 1 : 0;
          describe(view, d -> !isTrue(d), alarms);
        }
      } catch (CannotTellException e) {
        // the broker is away: nothing can be told
      } catch (RuntimeException e) {
        failure = e;
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
