package dev.driftless.schemas;

/**
 * This JSON is not an event; the message names the field, what is expected there and what was
 * found.
 */
public final class EventFormatException extends RuntimeException {

  EventFormatException(String message) {
    super(message);
  }
}
