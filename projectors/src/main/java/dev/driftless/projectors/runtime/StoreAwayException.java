package dev.driftless.projectors.runtime;

/**
 * The store, the registry or the broker is away; what waits is kept, and the same is tried again
 * later.
 */
final class StoreAwayException extends RuntimeException {

  StoreAwayException(Throwable cause) {
    super(cause);
  }
}
