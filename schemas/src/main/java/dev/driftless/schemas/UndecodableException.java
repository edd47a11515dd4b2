package dev.driftless.schemas;

/**
 * These bytes are not an event and never will be; the message says why. Trying again is of no use.
 */
public final class UndecodableException extends Exception {

  public UndecodableException(String why) {
    super(why);
  }

  UndecodableException(String why, Throwable cause) {
    super(why, cause);
  }
}
