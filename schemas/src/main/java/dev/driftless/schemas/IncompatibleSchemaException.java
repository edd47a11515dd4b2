package dev.driftless.schemas;

/** The registry refuses this schema: readers of it could not read all that was ever written. */
public final class IncompatibleSchemaException extends RuntimeException {

  IncompatibleSchemaException(String message, Throwable cause) {
    super(message, cause);
  }
}
