package dev.driftless.producer.journal;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Where a session is read, and kept to one process. */
interface SessionStore {

  /**
   * Everything that the log held of the session when this was called, or a later state.
   *
   * @param saga whose steps are to be among the calls, whenever they were
   * @param timeout for the view to show it
   */
  SessionState read(@Nullable String saga, Duration timeout);

  /**
   * Keeps other processes from recovering the session.
   *
   * @throws SessionLockException if one does
   */
  Lock lock();

  /** Safe to share between threads. */
  interface Lock extends AutoCloseable {

    /**
     * Asks whether the session is still ours.
     *
     * @throws SessionLockException if not, or nobody knows
     */
    void check();

    @Override
    void close();
  }
}
