package dev.driftless.producer.journal;

import org.jspecify.annotations.Nullable;

/**
 * This process may not go on with the session: another one recovers it, or might, since the lock
 * that kept others away is lost. Nothing was run, and no outcome recorded.
 */
public final class SessionLockException extends RuntimeException {

  SessionLockException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
