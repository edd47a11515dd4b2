package dev.driftless.projectors.vector;

/** The model embeds nothing at all in this process now. */
final class ModelAwayException extends RuntimeException {

  ModelAwayException(String model, Throwable cause) {
    super("the embedding model %s does not work in this process".formatted(model), cause);
  }
}
