package dev.driftless.reconciler.service;

import dev.driftless.reconciler.Divergence;
import dev.driftless.reconciler.ViewLag;
import dev.driftless.reconciler.ViewLag.PartitionLag;
import dev.driftless.reconciler.ViewReport;
import dev.driftless.reconciler.service.ReconcilerConfig.LagLimit;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What is known of one view, and whether that is well. Not for several threads. */
final class WatchedView {

  private final String view;
  private final LagLimit limit;
  private final Duration stuckAfter;
  private final Map<Integer, Progression> progressions = new HashMap<>();
  private Instant answeredAt;
  private ViewLag lag;
  private boolean paused;
  private @Nullable Checked shallow;
  private @Nullable Checked deep;
  private Set<String> divergent = Set.of();
  private long found;
  private long mended;

  WatchedView(String view, LagLimit limit, Duration stuckAfter, Instant now) {
    this.view = view;
    this.limit = limit;
    this.stuckAfter = stuckAfter;
    this.answeredAt = now;
    this.lag = new ViewLag(view, List.of(), "not asked yet");
  }

  void lag(ViewLag read, boolean isPaused, Instant now) {
    lag = read;
    paused = isPaused;
    if (read.isKnown()) {
      answeredAt = now;
    }
    for (PartitionLag at : read.partitions()) {
      progressions.compute(
          at.partition(),
          (p, before) -> before == null ? Progression.of(at, now) : before.next(at, isPaused, now));
    }
  }

  /** Answers how many of the divergences the check before did not find. */
  long checked(Checked checked) {
    ViewReport report = checked.report();
    if (report.deep()) {
      deep = checked;
    } else {
      shallow = checked;
    }
    if (report.unknown() != null) {
      return 0;
    }
    Set<String> now =
        report.divergences().stream().map(Divergence::key).collect(Collectors.toSet());
    long fresh = now.stream().filter(key -> !divergent.contains(key)).count();
    divergent = now;
    found += fresh;
    return fresh;
  }

  void mended(long count) {
    mended += count;
  }

  String view() {
    return view;
  }

  ViewLag lag() {
    return lag;
  }

  LagLimit limit() {
    return limit;
  }

  @Nullable Checked shallow() {
    return shallow;
  }

  @Nullable Checked deep() {
    return deep;
  }

  /** The last check, whichever it was: a shallow one looks again at what a deep one found. */
  @Nullable Checked last() {
    Checked first = shallow;
    Checked second = deep;
    if (first == null || second == null) {
      return first == null ? second : first;
    }
    return first.at().isAfter(second.at()) ? first : second;
  }

  /** Divergences found in total, each once until it was gone. */
  long found() {
    return found;
  }

  /** Keys mended in total. */
  long mended() {
    return mended;
  }

  /** What is not well, and why; nothing if all is. */
  Map<ViewState, String> reasons(Instant now) {
    Map<ViewState, String> reasons = new EnumMap<>(ViewState.class);
    if (!lag.isKnown() && isLong(Duration.between(answeredAt, now))) {
      reasons.put(ViewState.AWAY, Objects.requireNonNullElse(lag.problem(), "no answer"));
    }
    if (lag.isKnown() && lag.problem() != null) {
      reasons.put(ViewState.UNKNOWN, lag.problem());
    }
    for (PartitionLag at : lag.partitions()) {
      position(at, reasons);
    }
    check(reasons);
    return reasons;
  }

  /** In one word. */
  ViewState state(Instant now) {
    return reasons(now).keySet().stream()
        .findFirst()
        .orElse(paused ? ViewState.PAUSED : ViewState.OK);
  }

  private void position(PartitionLag at, Map<ViewState, String> reasons) {
    Progression progression = progressions.get(at.partition());
    if (progression == null) {
      return;
    }
    if (isLong(progression.standstill())) {
      reasons.put(
          ViewState.STUCK,
          "partition %d: %,d events to apply, and its position %,d has not moved since %s"
              .formatted(at.partition(), at.events(), at.position(), progression.movedAt()));
    }
    if (progression.wentBack()) {
      reasons.put(
          ViewState.BEHIND,
          "partition %d: its position went back from %,d and is %,d: its store was wiped or put back"
              .formatted(at.partition(), progression.highest(), at.position()));
    } else if (!paused && isBeyondLimit(at)) {
      reasons.put(
          ViewState.BEHIND,
          "partition %d: %,d events and %,d s behind; at most %,d and %,d s are well"
              .formatted(
                  at.partition(),
                  at.events(),
                  at.behind().toSeconds(),
                  Objects.requireNonNull(limit.events()),
                  Objects.requireNonNull(limit.time()).toSeconds()));
    }
  }

  private void check(Map<ViewState, String> reasons) {
    Checked last = last();
    if (last == null) {
      reasons.put(ViewState.UNCHECKED, "it has not been checked yet");
      return;
    }
    ViewReport report = last.report();
    if (report.unknown() != null) {
      reasons.put(ViewState.UNKNOWN, report.unknown());
    } else if (report.divergenceCount() > 0) {
      reasons.put(
          ViewState.DIVERGED,
          "%,d keys are otherwise than the log says".formatted(report.divergenceCount()));
    }
  }

  private boolean isBeyondLimit(PartitionLag at) {
    return at.events() > Objects.requireNonNull(limit.events())
        || at.behind().compareTo(Objects.requireNonNull(limit.time())) > 0;
  }

  private boolean isLong(Duration time) {
    return time.compareTo(stuckAfter) > 0;
  }
}
