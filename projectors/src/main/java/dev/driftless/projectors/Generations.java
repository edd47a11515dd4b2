package dev.driftless.projectors;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The two generations that a view may have in its store: the one that readers see, and a spare one,
 * which is being filled to take its place, or was replaced and is kept. Which there are is told by
 * the store alone. Exceptions of the store's driver are thrown as they are. Not for several
 * threads.
 */
public interface Generations extends AutoCloseable {

  /**
   * Generations count from 1; 0 where there is none.
   *
   * @param shown what readers see
   */
  record Numbers(int shown, int spare) {

    /** Whether there is a spare generation. */
    public boolean hasSpare() {
      return spare > 0;
    }

    /** Whether the spare generation is what readers saw before. */
    public boolean isSpareOld() {
      return hasSpare() && spare < shown;
    }
  }

  /**
   * Of an attempt to switch.
   *
   * @param took how long readers of the view may have had to wait, or its position stood still; of
   *     no meaning if it was refused
   * @param refused why nothing was switched; null if it was
   */
  record Switch(Duration took, @Nullable String refused) {}

  /** The view's name. */
  String view();

  /** Which generations there are. */
  Numbers numbers();

  /** Tells the spare generation from any other, of the same number too; null if there is none. */
  @Nullable String spareIdentity();

  /**
   * Makes an empty spare generation, of the next number and with the rights that the shown one has
   * given, unless there is one already.
   *
   * @throws IllegalStateException if there is no view, or something of it cannot be had in a new
   *     generation
   */
  void prepare();

  /**
   * Makes the spare generation the shown one and the shown one the spare, for all readers at once,
   * if in every partition the spare one has come to the shown one's position or beyond. Projectors
   * follow by themselves.
   *
   * @param expected which generations the caller means; if others are there by now, nothing is done
   * @param logEnds asks where each partition of the log ends now
   * @param unconditional whatever the positions are; for a view whose position is of another log
   */
  Switch exchange(Numbers expected, Supplier<Map<Integer, Long>> logEnds, boolean unconditional);

  /** What others have made that is bound to the spare generation, or in it, whatever its name. */
  List<String> boundToSpare();

  /**
   * Deletes the spare generation, if there is one, and what an earlier call that did not come to
   * its end left of another.
   *
   * @param expected which generations the caller means; if others are there by now, nothing is done
   * @throws IllegalStateException if something is bound to it
   */
  void drop(Numbers expected);

  /** As {@link Projector#isTransient}. */
  boolean isTransient(Exception e);

  @Override
  void close();
}
