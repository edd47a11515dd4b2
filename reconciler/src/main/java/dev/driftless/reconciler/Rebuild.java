package dev.driftless.reconciler;

import dev.driftless.projectors.Generations;
import dev.driftless.projectors.Generations.Numbers;
import dev.driftless.projectors.Generations.Switch;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The steps in which a view is rebuilt beside itself. Each can be repeated, by another process too:
 * how far a rebuild is stands in the view's store. Reads, and makes, switches and drops
 * generations; they are filled by the projectors of the view. Not for several threads.
 */
public final class Rebuild implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration REMINDER = Duration.ofSeconds(2);

  /** Without any event applied. */
  private static final Duration STANDSTILL = Duration.ofSeconds(90);

  /** How long it is tried to switch. */
  private static final Duration SWITCH_PATIENCE = Duration.ofSeconds(60);

  /** Doubled after each attempt, up to the longest. */
  private static final Duration FIRST_PAUSE = Duration.ofMillis(300);

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  private final String view;
  private final Progress progress;
  private final Generations generations;
  private final Lag shown;
  private final Lag spares;

  /** Why it was not told when asked last; null if it was. */
  private @Nullable String unanswered;

  /**
   * Asks for nothing yet.
   *
   * @throws IllegalArgumentException if the view has never more than one generation
   */
  public Rebuild(ProjectorsConfig config, String view, Progress progress) {
    this.view = view;
    this.progress = progress;
    this.generations = Views.generations(view, config);
    this.shown = new Lag(config);
    this.spares = Lag.ofSpares(config);
  }

  /** Which generations there are. */
  public Numbers numbers() {
    return generations.numbers();
  }

  /** How far the spare generation is behind. */
  public ViewLag lagOfSpare() {
    return spares.read(view);
  }

  /** Makes a spare generation, if there is none, for the view's projectors to fill. */
  public void prepare() {
    generations.prepare();
  }

  /**
   * Returns when the spare generation has applied all that is in the log now.
   *
   * @throws CannotTellException if it does not get on
   */
  public void fill() {
    Map<Integer, Long> cut = shown.logEnds();
    long all = cut.values().stream().mapToLong(Long::longValue).sum();
    long started = System.nanoTime();
    long movedAt = started;
    long toldAt = started;
    long left = left(cut, all);
    long first = left;
    while (left > 0) {
      Pause.of(POLL);
      long now = System.nanoTime();
      long before = left;
      left = left(cut, before);
      movedAt = left < before ? now : movedAt;
      if (now - movedAt > STANDSTILL.toNanos()) {
        throw new CannotTellException(
            "the spare generation of %s has applied nothing for %d s, %,d events are left: %s Run this again to go on"
                .formatted(
                    view,
                    STANDSTILL.toSeconds(),
                    left,
                    unanswered == null
                        ? "does a projector of the view run, is the view not paused, and what does its log say?"
                        : unanswered + "."));
      }
      if (now - toldAt > REMINDER.toNanos() || left == 0) {
        toldAt = now;
        tell(all - left, all, first - left, left, (now - started) / 1e9);
      }
    }
  }

  private void tell(long done, long all, long since, long left, double seconds) {
    progress.say(
        "%s: %,d of %,d events applied, %,.0f/s, %s"
            .formatted(
                view,
                done,
                all,
                since / seconds,
                since == 0 ? "waiting" : "%,.0f s left".formatted(left * seconds / since)));
  }

  /**
   * @param before what to answer if it cannot be told now
   */
  private long left(Map<Integer, Long> cut, long before) {
    ViewLag now;
    try {
      now = spares.read(view);
    } catch (CannotTellException e) {
      unanswered = e.getMessage();
      return before;
    }
    unanswered = now.problem();
    if (now.isLost()) {
      throw new CannotTellException(
          "the spare generation of %s: %s".formatted(view, now.problem()));
    }
    return !now.isKnown()
        ? before
        : now.partitions().stream()
            .mapToLong(p -> Math.max(0, cut.getOrDefault(p.partition(), 0L) - p.position()))
            .sum();
  }

  /**
   * Makes the spare generation what readers see, as soon as it shows all that they have seen. A
   * view whose position is not one of this log, so that nobody keeps it any more, is not waited
   * for.
   *
   * @param expected which generations there have to be
   * @return how long readers of the view may have had to wait
   * @throws CannotTellException if it cannot be switched for a minute; the view is as it was
   */
  public Duration exchange(Numbers expected) {
    boolean lost = isLost();
    Duration pause = FIRST_PAUSE;
    long deadline = System.nanoTime() + SWITCH_PATIENCE.toNanos();
    while (true) {
      Switch attempt = generations.exchange(expected, shown::logEnds, lost);
      String refused = attempt.refused();
      if (refused == null) {
        return attempt.took();
      }
      if (System.nanoTime() > deadline) {
        throw new CannotTellException(
            "%s is not switched, and as it was: %s; run this again".formatted(view, refused));
      }
      progress.say("%s: not switched yet: %s".formatted(view, refused));
      Pause.of(pause);
      pause = pause.multipliedBy(2);
      pause = pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE;
    }
  }

  /** Whether the view's position is not one of this log, so that its projector has stopped. */
  public boolean isLost() {
    return shown.read(view).isLost();
  }

  /** What others have made that is bound to the spare generation, or in it, whatever its name. */
  public List<String> boundToSpare() {
    return generations.boundToSpare();
  }

  /**
   * Deletes the spare generation; its projectors notice by themselves.
   *
   * @param expected which generations there have to be
   */
  public void drop(Numbers expected) {
    generations.drop(expected);
  }

  @Override
  public void close() {
    generations.close();
    shown.close();
    spares.close();
  }
}
