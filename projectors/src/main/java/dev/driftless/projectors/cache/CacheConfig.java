package dev.driftless.projectors.cache;

import io.lettuce.core.RedisURI;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where the cache is, and how much of a session it keeps.
 *
 * @param uri {@code redis://}, {@code rediss://} (TLS) or {@code redis-sentinel://}, with user and
 *     password where the server asks for them
 * @param rootCertificates PEM file of whom to trust under {@code rediss://}; null for whom the JVM
 *     trusts. Looked at when the connection is made
 * @param timeout of a connection attempt and of a round trip; positive
 * @param sessionTtl how long a message, an open tool call and a session without events stay, in log
 *     time; positive. What is already stored keeps the time it got, so rebuild the view after a
 *     change.
 * @param messagesPerSession how many of a session's last messages stay; at least 1
 */
public record CacheConfig(
    String uri,
    @Nullable Path rootCertificates,
    Duration timeout,
    Duration sessionTtl,
    int messagesPerSession) {

  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration DEFAULT_SESSION_TTL = Duration.ofHours(24);
  private static final int DEFAULT_MESSAGES_PER_SESSION = 50;

  public CacheConfig {
    check(timeout.toMillis() > 0, "timeout must be positive");
    check(sessionTtl.toMillis() > 0, "sessionTtl must be positive");
    check(messagesPerSession > 0, "messagesPerSession must be at least 1");
    check(isRedisUri(uri), "uri must be like redis://host:6379");
  }

  /** The usual settings for this server. */
  public static CacheConfig of(String uri) {
    return new CacheConfig(
        uri, null, DEFAULT_TIMEOUT, DEFAULT_SESSION_TTL, DEFAULT_MESSAGES_PER_SESSION);
  }

  RedisURI redisUri() {
    RedisURI parsed = RedisURI.create(uri);
    parsed.setTimeout(timeout);
    return parsed;
  }

  /** Hides the password. */
  @Override
  public String toString() {
    return "CacheConfig[uri=%s, timeout=%s, sessionTtl=%s, messagesPerSession=%d]"
        .formatted(redisUri(), timeout, sessionTtl, messagesPerSession);
  }

  private static boolean isRedisUri(String uri) {
    try {
      return RedisURI.create(uri) != null;
    } catch (RuntimeException e) {
      return false;
    }
  }

  private static void check(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException("cache: " + message);
    }
  }
}
