package dev.driftless.reconciler;

import dev.driftless.projectors.Entity;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a view holds otherwise than the log says.
 *
 * @param row which of the rows that the view holds of the entity
 * @param expected what the log says; null if there should be nothing
 * @param found what the view holds; null if it holds nothing
 * @param deadLetter why an event of the entity was set aside by the view; null if none was, else
 *     that is the reason of the difference, and it is no divergence
 */
public record Divergence(
    String view,
    Entity entity,
    String row,
    Kind kind,
    @Nullable State expected,
    @Nullable State found,
    @Nullable String deadLetter) {

  /** How a view can be wrong. */
  public enum Kind {
    /** The log says that there is something, and the view has nothing. */
    MISSING,
    /** The view shows an event before the last one. */
    STALE,
    /** The view has something of which the log knows nothing, or no longer. */
    PHANTOM,
    /** The view shows the right event, or none, with another content. */
    CORRUPT
  }

  /** What its users suffer from. */
  public enum Failure {
    /** Found by meaning, though it is not so. */
    SEMANTIC_DRIFT,
    /** It happened, and the table does not say so. */
    LOG_REALITY_DIVERGENCE,
    /** What a session knows and what it would load are not the same. */
    CONTEXT_DESYNC,
    /** It happened, and the audit trail cannot prove it. */
    AUDIT_GAP
  }

  /**
   * What a row is, or should be.
   *
   * @param offset of the event that it shows; -1 if it does not say
   * @param hash of its content, 16 hexadecimal digits
   */
  public record State(long offset, String hash) {}

  private static final Map<String, Failure> FAILURES =
      Map.of(
          "relational", Failure.LOG_REALITY_DIVERGENCE,
          "vector", Failure.SEMANTIC_DRIFT,
          "cache", Failure.CONTEXT_DESYNC,
          "context", Failure.CONTEXT_DESYNC,
          "audit", Failure.AUDIT_GAP);

  /** The name that the view gives to it. */
  public Failure failure() {
    return FAILURES.getOrDefault(view, Failure.LOG_REALITY_DIVERGENCE);
  }

  /** The key that is shown: the entity, and which of its rows. */
  public String key() {
    return row.isEmpty() ? entity.toString() : entity + " (" + row + ")";
  }

  Divergence becauseOf(String reason) {
    return new Divergence(view, entity, row, kind, expected, found, reason);
  }
}
