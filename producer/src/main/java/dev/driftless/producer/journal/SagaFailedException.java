package dev.driftless.producer.journal;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The saga did not come to its end. The cause is what the failing step threw, if that was in this
 * process; what compensations threw is suppressed.
 */
public final class SagaFailedException extends RuntimeException {

  private final List<String> undone;
  private final List<String> notUndone;

  SagaFailedException(
      String saga,
      List<String> undone,
      List<String> notUndone,
      List<String> withoutUndo,
      @Nullable Throwable cause) {
    super(message(saga, undone, notUndone, withoutUndo), cause);
    this.undone = List.copyOf(undone);
    this.notUndone = List.copyOf(notUndone);
  }

  private static String message(
      String saga, List<String> undone, List<String> notUndone, List<String> withoutUndo) {
    if (notUndone.isEmpty() && withoutUndo.isEmpty()) {
      return "saga %s failed, and all that it had done is undone: %s".formatted(saga, undone);
    }
    String kept =
        withoutUndo.isEmpty() ? "" : "; done or perhaps done, and without an undo: " + withoutUndo;
    return notUndone.isEmpty()
        ? "saga %s failed; undone: %s%s".formatted(saga, undone, kept)
        : "saga %s failed, and these steps are NOT undone: %s (undone: %s%s); run it again to try again"
            .formatted(saga, notUndone, undone, kept);
  }

  /** Steps that are undone, in that order, by this process or an earlier one. */
  public List<String> undone() {
    return undone;
  }

  /**
   * Steps that happened, or may have, and are not undone, the last one first; without those that
   * have no undo.
   */
  public List<String> notUndone() {
    return notUndone;
  }
}
