package dev.driftless.projectors.postgres;

import java.time.Duration;

/**
 * Where a view in PostgreSQL lives.
 *
 * @param url JDBC URL; may carry any parameter of the driver, such as {@code sslmode}
 * @param user role that owns the view's schema
 * @param password its password; empty where the server asks for none
 * @param poolSize connections at most, at least 1: one per stream thread and one for position reads
 * @param connectTimeout how long to wait for a connection, 250 ms at least
 * @param socketTimeout how long to wait for an answer, at least 1 s
 */
public record PostgresConfig(
    String url,
    String user,
    String password,
    int poolSize,
    Duration connectTimeout,
    Duration socketTimeout) {

  public PostgresConfig {
    check(
        url.startsWith("jdbc:postgresql:"),
        "url: expected jdbc:postgresql://host:port/database, found " + url);
    check(!user.isBlank(), "user: missing");
    check(poolSize >= 1, "poolSize: expected at least 1, found " + poolSize);
    check(
        connectTimeout.toMillis() >= 250,
        "connectTimeout: expected at least PT0.25S, found " + connectTimeout);
    check(
        socketTimeout.toSeconds() >= 1,
        "socketTimeout: expected at least PT1S, found " + socketTimeout);
  }

  private static void check(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }

  /** Without the password. */
  @Override
  public String toString() {
    return "PostgresConfig[url=%s, user=%s]".formatted(url, user);
  }
}
