package dev.driftless.projectors.cache;

/** The server may drop keys of the view when its memory is full, and nobody would notice. */
final class EvictionException extends RuntimeException {

  EvictionException(String policy) {
    super(
        "view=cache: Redis setting maxmemory-policy is '%s' and would drop parts of the view unnoticed; set it to noeviction"
            .formatted(policy));
  }
}
