package dev.driftless.producer.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * An advisory lock of PostgreSQL, held by a connection of its own: it ends with that connection, so
 * with this process. The key is 64 bits of a hash; two sessions that share one keep each other out.
 */
final class AdvisoryLock implements SessionStore.Lock {

  private static final int ANSWER_SECONDS = 5;

  /** What this connection's server process holds, and not one that a pooler put in its place. */
  private static final String HELD =
      """
      EXISTS (
        SELECT 1 FROM pg_locks
        WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid = pg_backend_pid()
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (classid::bigint << 32) | objid::bigint = :key)
      """;

  /**
   * Advisory locks are re-entrant: a pooler that gives two sessions one server process would have
   * both hold it.
   */
  private static final String TAKE =
      "SELECT CASE WHEN " + HELD + " THEN false ELSE pg_try_advisory_lock(:key) END";

  private final Handle handle;
  private final long key;
  private final String session;
  private boolean closed;

  private AdvisoryLock(Handle handle, long key, String session) {
    this.handle = handle;
    this.key = key;
    this.session = session;
  }

  static AdvisoryLock take(Jdbi jdbi, String schema, AgentSession session) {
    Handle handle = jdbi.open();
    try {
      // a transaction would stay open as long as the lock
      handle.getConnection().setAutoCommit(true);
      long key = key(schema, session);
      if (handle.createQuery(TAKE).bind("key", key).mapTo(Boolean.class).one()) {
        return new AdvisoryLock(handle, key, session.session());
      }
    } catch (SQLException | RuntimeException e) {
      handle.close();
      throw e instanceof RuntimeException known
          ? known
          : new SessionLockException("session %s: no lock".formatted(session.session()), e);
    }
    handle.close();
    throw new SessionLockException(
        "session %s of subject %s is being recovered already; try again when that has ended"
            .formatted(session.session(), session.subject()),
        null);
  }

  @Override
  public synchronized void check() {
    if (closed) {
      throw new SessionLockException(
          "session %s: its recovery was closed, so another process may recover it; recover again"
              .formatted(session),
          null);
    }
    try {
      if (handle.getConnection().isValid(ANSWER_SECONDS)
          && handle.createQuery("SELECT " + HELD).bind("key", key).mapTo(Boolean.class).one()) {
        return;
      }
    } catch (SQLException | RuntimeException e) {
      throw lost(e);
    }
    throw lost(null);
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    Connection connection = handle.getConnection();
    try (handle) {
      release(connection);
    } catch (RuntimeException e) {
      abort(connection);
    }
  }

  /** A pool takes back what is closed: what may still hold the lock is aborted before that. */
  private void release(Connection connection) {
    try {
      if (!handle
          .createQuery("SELECT pg_advisory_unlock(:key)")
          .bind("key", key)
          .mapTo(Boolean.class)
          .one()) {
        abort(connection);
      }
    } catch (RuntimeException e) {
      abort(connection);
    }
  }

  /** So that a pool does not keep a connection that may hold the lock. */
  private static void abort(Connection connection) {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      // it is gone, and the lock with it
    }
  }

  private SessionLockException lost(@Nullable Throwable cause) {
    return new SessionLockException(
        "session %s: the connection that held its lock is gone, so another process may recover it; recover again"
            .formatted(session),
        cause);
  }

  private static long key(String schema, AgentSession session) {
    String whole =
        String.join("\0", schema, session.tenant(), session.subject(), session.session());
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(whole.getBytes(UTF_8));
      return ByteBuffer.wrap(hash).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
