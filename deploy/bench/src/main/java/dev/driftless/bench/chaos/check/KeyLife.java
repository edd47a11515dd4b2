package dev.driftless.bench.chaos.check;

import io.lettuce.core.api.sync.RedisCommands;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Until when Redis keeps a key: as long as the row in it that lives longest; longer where rows are
 * taken out one by one, for it may have been one of those.
 */
final class KeyLife {

  private static final long EVER = Long.MAX_VALUE;

  /** Of an entry of a list. */
  private static final Pattern EXPIRES_AT = Pattern.compile("expiresAt=(\\d+)");

  /** Ends of the names of keys whose rows are taken out one by one. */
  private static final List<String> TAKEN_FROM = List.of(":sessions", ":open-tool-calls");

  private KeyLife() {}

  /** By the key's name: what its rows say, in milliseconds. */
  static Map<String, Long> said(Map<String, Fact> rows) {
    Map<String, Long> lives = new HashMap<>();
    rows.forEach((row, fact) -> lives.merge(row.split(" ", 2)[0], said(fact), Math::max));
    return lives;
  }

  /**
   * What the server says: {@code said} if that is so, for it tells how long a key still has and not
   * until when.
   */
  static long held(RedisCommands<String, String> redis, String key, long said) {
    long before = millis(redis);
    long left = redis.pttl(key);
    long after = millis(redis);
    if (left < 0) {
      return EVER;
    }
    boolean mayBeLonger = TAKEN_FROM.stream().anyMatch(key::endsWith);
    return said <= after + left && (mayBeLonger || said >= before + left) ? said : before + left;
  }

  static Fact fact(long until) {
    return Fact.of(0, "until", until == EVER ? "ever" : until);
  }

  private static long said(Fact row) {
    if (!row.sequence().isEmpty()) {
      return row.sequence().stream()
          .flatMap(entry -> EXPIRES_AT.matcher(entry).results().map(KeyLife::number))
          .max(Long::compare)
          .orElse(EVER);
    }
    String until = row.fields().getOrDefault("until", row.field("expiresAt"));
    return until.isEmpty() || until.equals("ever") ? EVER : Long.parseLong(until);
  }

  private static long number(MatchResult found) {
    return Long.parseLong(found.group(1));
  }

  private static long millis(RedisCommands<String, String> redis) {
    var time = redis.time();
    return Long.parseLong(time.get(0)) * 1_000 + Long.parseLong(time.get(1)) / 1_000;
  }
}
