package dev.driftless.cli;

/** A line of the input cannot be published; the message says where, which field, and why. */
final class ImportException extends RuntimeException {

  ImportException(String message) {
    super(message);
  }

  ImportException(String message, Throwable cause) {
    super(message, cause);
  }
}
