package dev.driftless.schemas;

/** The registry gave no answer, or not to us; the same call may succeed later. */
public final class RegistryUnavailableException extends RuntimeException {

  RegistryUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
