package dev.driftless.bench.chaos.check;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Redis keys {@code driftless:{tenant/subject}:…}; facts have the key without its prefix. */
final class CacheView implements CheckedView {

  /** Behind a key's name: until when it is kept. */
  private static final String LIVES = " lives";

  private final Stores stores;
  private final String prefix;

  CacheView(Stores stores) {
    this.stores = stores;
    this.prefix = stores.prefixed(":", "driftless:");
  }

  @Override
  public String name() {
    return "cache";
  }

  @Override
  public Map<String, Fact> expected(List<LoggedRecord> log) {
    CacheFold fold = new CacheFold();
    log.stream().filter(r -> r.outcome() == Outcome.APPLIED).forEach(fold::apply);
    Map<String, Fact> facts = fold.facts();
    KeyLife.said(facts).forEach((key, until) -> facts.put(key + LIVES, KeyLife.fact(until)));
    return facts;
  }

  @Override
  public Map<String, Fact> held() throws JsonProcessingException {
    Map<String, Fact> facts = new LinkedHashMap<>();
    RedisClient client = RedisClient.create(stores.redisUrl());
    try (StatefulRedisConnection<String, String> connection = client.connect()) {
      RedisCommands<String, String> redis = connection.sync();
      ScanIterator<String> keys =
          ScanIterator.scan(redis, ScanArgs.Builder.matches(prefix + "*").limit(1_000));
      while (keys.hasNext()) {
        String key = keys.next();
        String name = key.substring(prefix.length());
        if (!name.startsWith("position:") && !name.endsWith(":applied")) {
          read(redis, key, name, facts);
        }
      }
      KeyLife.said(facts)
          .forEach(
              (name, said) ->
                  facts.put(name + LIVES, KeyLife.fact(KeyLife.held(redis, prefix + name, said))));
      return facts;
    } finally {
      client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
  }

  private static void read(
      RedisCommands<String, String> redis, String key, String name, Map<String, Fact> facts)
      throws JsonProcessingException {
    switch (redis.type(key)) {
      case "zset" ->
          redis
              .zrangeWithScores(key, 0, -1)
              .forEach(
                  m ->
                      facts.put(
                          name + " " + m.getValue(), Fact.of(0, "until", score(m.getScore()))));
      case "stream" ->
          facts.put(
              name,
              Fact.of(
                  redis.xrange(key, Range.unbounded()).stream()
                      .map(m -> m.getId() + " " + new TreeMap<>(m.getBody()))
                      .collect(Collectors.toList())));
      case "hash" -> hash(redis.hgetall(key), name, facts);
      default -> facts.put(name, Fact.of(0, "type", redis.type(key)));
    }
  }

  private static void hash(Map<String, String> held, String name, Map<String, Fact> facts)
      throws JsonProcessingException {
    if (name.endsWith(":reinforcements")) {
      held.forEach((id, count) -> facts.put(name + " " + id, Fact.of(0, Fact.COUNT, count)));
    } else if (name.endsWith(":patterns") || name.endsWith(":open-tool-calls")) {
      for (Map.Entry<String, String> entry : held.entrySet()) {
        JsonNode row = Http.JSON.readTree(entry.getValue());
        Map<String, String> fields = new TreeMap<>();
        row.properties().forEach(f -> fields.put(f.getKey(), Plain.of(f.getValue())));
        facts.put(name + " " + entry.getKey(), fact(fields));
      }
    } else {
      facts.put(name, fact(new TreeMap<>(held)));
    }
  }

  private static Fact fact(Map<String, String> fields) {
    String offset = fields.remove("offset");
    fields.remove("hash");
    return new Fact(offset == null ? -1 : Long.parseLong(offset), List.of(), new TreeMap<>(fields));
  }

  private static String score(double score) {
    return Double.isInfinite(score) ? "ever" : String.valueOf((long) score);
  }
}
