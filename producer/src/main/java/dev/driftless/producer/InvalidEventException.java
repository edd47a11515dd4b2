package dev.driftless.producer;

/**
 * This event was refused before it was sent: nothing was written. The message names the field, what
 * is wrong with it and what is expected, never the content.
 */
public final class InvalidEventException extends RuntimeException {

  private final String field;

  InvalidEventException(String field, String wrong) {
    super(field + ": " + wrong);
    this.field = field;
  }

  /**
   * For example {@code payload.embedding.vector}; {@code event} where it is the event as a whole.
   */
  public String field() {
    return field;
  }
}
