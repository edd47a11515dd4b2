package dev.driftless.reconciler.service;

import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.RepairReport;
import dev.driftless.reconciler.ViewLag;
import dev.driftless.reconciler.ViewReport;
import dev.driftless.reconciler.service.Trend.Point;
import dev.driftless.reconciler.service.Trend.Sample;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All that the service knows: told by those who read lag and who check, asked by the pages. Safe
 * for several threads.
 */
final class Watch {

  private static final int REPAIRS_KEPT = 50;

  /** So long may a check be silent: longer than a store that does not answer is waited for. */
  private static final Duration SILENCE = Duration.ofMinutes(10);

  private final Map<String, WatchedView> views = new LinkedHashMap<>();
  private final Map<String, Long> mendedBefore = new HashMap<>();
  private final Deque<Repaired> repairs = new ArrayDeque<>();
  private final Duration stuckAfter;
  private final ReconcilerMeters meters;
  private final Trend trend;
  private Instant lagAt;
  private Instant readingAt;
  private Instant checksAt;
  private @Nullable String lagProblem;
  private @Nullable String checkProblem;

  Watch(ReconcilerConfig config, ReconcilerMeters meters, Trend trend, Instant now) {
    this.stuckAfter = config.stuckAfter();
    this.meters = meters;
    this.trend = trend;
    this.lagAt = now;
    this.readingAt = now;
    this.checksAt = now;
    for (String view : Views.names()) {
      views.put(view, new WatchedView(view, config.lag().of(view), stuckAfter, now));
    }
  }

  /** Lag was read. */
  synchronized void lags(Collection<ViewLag> lags, Set<String> paused, Instant now) {
    lagAt = now;
    readingAt = now;
    lagProblem = null;
    for (ViewLag lag : lags) {
      WatchedView view = of(lag.view());
      meters.lag(view.lag(), lag);
      view.lag(lag, paused.contains(lag.view()), now);
    }
    health(now);
    if (trend.isDue(now)) {
      trend.add(sample(now));
    }
  }

  /** Lag could not be read. */
  synchronized void lagUnknown(String reason, Instant now) {
    lagProblem = reason;
    readingAt = now;
    health(now);
  }

  /** One view was checked. */
  synchronized void checked(ViewReport report, Instant now) {
    checkProblem = null;
    long fresh = of(report.view()).checked(new Checked(now, report));
    meters.checked(report, fresh, now);
    health(now);
  }

  /** Something was mended, or could not be. */
  synchronized void repaired(RepairReport repair, Instant now) {
    of(repair.view()).mended(repair.mended());
    meters.repaired(repair);
    repairs.addFirst(new Repaired(now, repair));
    if (repairs.size() > REPAIRS_KEPT) {
      repairs.removeLast();
    }
  }

  /** Nothing can be checked. */
  synchronized void checksFailed(String reason) {
    checkProblem = reason;
  }

  /** Whoever checks is alive. */
  synchronized void checking(Instant now) {
    checksAt = now;
  }

  /** Answers something of the views that is all of one moment. */
  synchronized <T> T read(Function<Collection<WatchedView>, T> question) {
    return question.apply(views.values());
  }

  /** The latest first. */
  synchronized List<Repaired> repairs() {
    return List.copyOf(repairs);
  }

  Trend trend() {
    return trend;
  }

  /** What is not well with the service itself, or with the broker. */
  synchronized List<String> problems(Instant now) {
    List<String> problems = new ArrayList<>();
    if (lagProblem != null && Duration.between(lagAt, now).compareTo(stuckAfter) > 0) {
      problems.add("lag is not known since %s: %s".formatted(lagAt, lagProblem));
    }
    if (checkProblem != null) {
      problems.add("nothing is checked: " + checkProblem);
    }
    return problems;
  }

  /** Whether the service still turns. */
  synchronized boolean isAlive(Instant now) {
    return Duration.between(checksAt, now).compareTo(SILENCE) < 0
        && Duration.between(readingAt, now).compareTo(SILENCE) < 0;
  }

  /** Whether all is well. */
  synchronized boolean isReady(Instant now) {
    return problems(now).isEmpty()
        && views.values().stream().allMatch(view -> view.reasons(now).isEmpty());
  }

  private void health(Instant now) {
    List<String> problems = problems(now);
    for (WatchedView view : views.values()) {
      Set<ViewState> reasons = view.reasons(now).keySet();
      boolean isReady = reasons.isEmpty() && problems.isEmpty();
      meters.health(view.view(), reasons.contains(ViewState.STUCK), isReady);
    }
  }

  private Sample sample(Instant now) {
    Map<String, Point> points = new LinkedHashMap<>();
    for (WatchedView view : views.values()) {
      long mended = view.mended();
      Long before = mendedBefore.put(view.view(), mended);
      points.put(view.view(), point(view, mended - (before == null ? 0 : before)));
    }
    return new Sample(now.getEpochSecond(), points);
  }

  private static Point point(WatchedView view, long repairs) {
    ViewLag lag = view.lag();
    Checked last = view.last();
    return new Point(
        lag.isKnown() ? lag.events() : null,
        lag.isKnown() ? lag.behind().toMillis() / 1000.0 : null,
        last == null || last.report().unknown() != null ? null : last.report().verified(),
        last == null ? 0 : last.report().divergenceCount(),
        repairs);
  }

  private WatchedView of(String view) {
    return Objects.requireNonNull(views.get(view), view);
  }
}
