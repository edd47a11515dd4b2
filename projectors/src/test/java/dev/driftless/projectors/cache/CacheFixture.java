package dev.driftless.projectors.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.events.MemoryEvent;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.Memory;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.ViewFixture;
import dev.driftless.schemas.Names;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RestoreArgs;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.StringCodec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The cache under names of its own in the tests' Redis. */
final class CacheFixture implements ViewFixture {

  /** Takes all keys away in one step, so that no writer sees half of it. */
  private static final String WIPE =
      "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end return 1";

  /** Key, contents and time to live of all keys, in one step. */
  private static final String COPY =
      """
      local all = {}
      for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
        table.insert(all, {key, redis.call('DUMP', key), tostring(redis.call('PTTL', key))})
      end
      return all
      """;

  private static final Comparator<String> HASH_FIRST =
      Comparator.comparing((String field) -> !field.equals("hash"))
          .thenComparing(Comparator.naturalOrder());

  private final Names names =
      new Names("t" + UUID.randomUUID().toString().replace("-", "").substring(0, 12));
  private final CacheConfig config;
  private final boolean withUsers;
  private final RedisClient client;
  private final StatefulRedisConnection<String, String> text;
  private final StatefulRedisConnection<byte[], byte[]> bytes;

  CacheFixture() {
    this(TestStack.shared().with(ServerKind.REDIS).redisUrl());
  }

  CacheFixture(String url) {
    this(url, false);
  }

  private CacheFixture(String url, boolean withUsers) {
    this.config = CacheConfig.of(url);
    this.withUsers = withUsers;
    this.client = RedisClient.create(url);
    this.text = client.connect(StringCodec.UTF8);
    this.bytes = client.connect(ByteArrayCodec.INSTANCE);
    if (withUsers) {
      RedisUsers.make(redis(), names);
    }
  }

  /**
   * With the shipped users, of whom projectors and inspectors are; only this looks as the server's
   * owner.
   */
  static CacheFixture withUsers(String url) {
    return new CacheFixture(url, true);
  }

  Names names() {
    return names;
  }

  CacheConfig config() {
    return config;
  }

  RedisCommands<String, String> redis() {
    return text.sync();
  }

  /** The same server, seen by one of {@link RedisUsers}. */
  CacheConfig as(String user) {
    return CacheConfig.of(RedisUsers.url(config.uri(), names, user));
  }

  CacheReader reader() {
    return CacheReader.open(names, config);
  }

  @Override
  public Projector open() {
    return CacheProjector.open(names, withUsers ? as("driftless-cache") : config);
  }

  @Override
  public Inspector inspect(int partitions) {
    return CacheInspector.open(names, withUsers ? as("driftless-reconciler") : config, partitions);
  }

  @Override
  public List<String> shown() {
    return keys().stream().flatMap(this::lines).sorted().toList();
  }

  @Override
  public String trace(MemoryEvent event) {
    Memory memory = Memory.of(event);
    String key =
        CacheKeys.of(names, event.getTenant(), event.getSubject()).memory(memory.memoryId());
    return unprefixed(key) + " hash=" + HexFormat.of().formatHex(memory.contentHash());
  }

  @Override
  public void wipe() {
    redis().eval(WIPE, ScriptOutputType.INTEGER, new String[0], pattern());
  }

  @Override
  public Runnable copy() {
    List<List<byte[]>> copied =
        bytes
            .sync()
            .eval(
                COPY.getBytes(UTF_8),
                ScriptOutputType.MULTI,
                new byte[0][],
                pattern().getBytes(UTF_8));
    long now = System.currentTimeMillis();
    return () -> {
      RedisCommands<byte[], byte[]> redis = bytes.sync();
      redis.multi();
      redis.eval(
          WIPE.getBytes(UTF_8), ScriptOutputType.INTEGER, new byte[0][], pattern().getBytes(UTF_8));
      copied.forEach(key -> restore(redis, key, now));
      redis.exec();
    };
  }

  @Override
  public void close() {
    wipe();
    if (withUsers) {
      RedisUsers.delete(redis(), names);
    }
    client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
  }

  private static void restore(RedisCommands<byte[], byte[]> redis, List<byte[]> key, long now) {
    long ttl = Long.parseLong(new String(key.get(2), UTF_8));
    RestoreArgs args = ttl < 0 ? new RestoreArgs() : RestoreArgs.Builder.ttl(now + ttl).absttl();
    redis.restore(key.get(0), key.get(1), args);
  }

  private String pattern() {
    return CacheKeys.prefix(names) + "*";
  }

  private List<String> keys() {
    List<String> keys = new ArrayList<>();
    ScanArgs mine = ScanArgs.Builder.matches(pattern()).limit(10_000);
    ScanCursor at = ScanCursor.INITIAL;
    do {
      KeyScanCursor<String> some = redis().scan(at, mine);
      keys.addAll(some.getKeys());
      at = some;
    } while (!at.isFinished());
    return keys.stream().distinct().toList();
  }

  private Stream<String> lines(String key) {
    String name = unprefixed(key);
    if (name.endsWith("}:applied") || name.startsWith("position:")) {
      return Stream.empty();
    }
    return switch (redis().type(key)) {
      case "hash" -> hash(name, redis().hgetall(key));
      case "zset" ->
          redis().zrangeWithScores(key, 0, -1).stream()
              .filter(entry -> entry.getScore() > System.currentTimeMillis())
              .map(entry -> name + " " + entry.getValue() + " " + entry.getScore());
      case "stream" ->
          redis().xrange(key, Range.unbounded()).stream()
              .filter(entry -> isAhead(new Row(entry.getBody()).text("expiresAt")))
              .map(entry -> name + " " + entry.getId() + " " + fields(entry.getBody()));
      case "none" -> Stream.empty();
      default -> Stream.of(name + " is not of the view");
    };
  }

  private static Stream<String> hash(String name, Map<String, String> hash) {
    if (name.endsWith(":open-tool-calls")) {
      return hash.entrySet().stream()
          .filter(call -> isAhead(Row.of(call.getValue()).text("expiresAt")))
          .map(call -> name + " " + call);
    }
    if (name.endsWith("}:patterns") || name.endsWith("}:reinforcements")) {
      return hash.entrySet().stream().map(entry -> name + " " + entry);
    }
    return hash.isEmpty() ? Stream.empty() : Stream.of(name + " " + fields(hash));
  }

  private static String fields(Map<String, String> fields) {
    return fields.keySet().stream()
        .sorted(HASH_FIRST)
        .map(field -> field + "=" + fields.get(field))
        .collect(Collectors.joining(" "));
  }

  private static boolean isAhead(String ms) {
    return Instant.ofEpochMilli(Long.parseLong(ms)).isAfter(Instant.now());
  }

  private String unprefixed(String key) {
    return key.substring(CacheKeys.prefix(names).length());
  }
}
