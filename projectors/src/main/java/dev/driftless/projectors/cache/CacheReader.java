package dev.driftless.projectors.cache;

import dev.driftless.schemas.Names;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.Range;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the view {@code cache}: what is not expired now. Errors are Lettuce's. Safe for several
 * threads.
 */
public final class CacheReader implements AutoCloseable {

  /**
   * A session that is going on.
   *
   * @param agent who acted last
   * @param offset of its latest event
   * @param expiresAt when it is no longer shown, unless something happens
   */
  public record Session(
      String session, String agent, Instant lastActivityAt, long offset, Instant expiresAt) {}

  /** A message; {@code toString} hides what it says. */
  public record Message(
      String messageId,
      String role,
      String agent,
      @Nullable String content,
      List<String> toolCallIds,
      @Nullable String toolCallId,
      Instant logTime,
      long offset,
      Instant expiresAt) {

    @Override
    public String toString() {
      return "Message[" + messageId + "]";
    }
  }

  /** A tool call without an outcome; {@code toString} hides its arguments. */
  public record OpenToolCall(
      String toolCallId,
      String tool,
      String arguments,
      String agent,
      long offset,
      Instant intendedAt,
      Instant expiresAt) {

    @Override
    public String toString() {
      return "OpenToolCall[" + toolCallId + "]";
    }
  }

  /**
   * A memory as its latest event left it; {@code toString} hides its text.
   *
   * @param hash the hex digits of {@link dev.driftless.projectors.Memory#contentHash}
   */
  public record LiveMemory(
      String memoryId,
      String kind,
      String text,
      Map<String, String> attributes,
      String agent,
      @Nullable String session,
      long offset,
      String hash,
      Instant recordedAt,
      @Nullable Instant expiresAt) {

    @Override
    public String toString() {
      return "LiveMemory[" + memoryId + "]";
    }
  }

  /**
   * A learned pattern as its latest event left it; {@code toString} hides its statement.
   *
   * @param reinforcements how often it was learned
   */
  public record Pattern(
      String patternId,
      String statement,
      double confidence,
      List<String> evidence,
      String agent,
      long reinforcements,
      long offset,
      Instant learnedAt) {

    @Override
    public String toString() {
      return "Pattern[" + patternId + "]";
    }
  }

  private static final int KEYS_PER_SCAN = 1_000;

  private final Names names;
  private final RedisLink redis;

  private CacheReader(Names names, CacheConfig config) {
    this.names = names;
    this.redis = new RedisLink(config);
  }

  /** Connects when first asked. */
  public static CacheReader open(Names names, CacheConfig config) {
    return new CacheReader(names, config);
  }

  /** The subject's live sessions, the one active last first. */
  public List<Session> sessions(String tenant, String subject) {
    CacheKeys keys = CacheKeys.of(names, tenant, subject);
    return live(keys.sessions(), keys::session, CacheReader::session).stream()
        .sorted(Comparator.comparingLong(Session::offset).reversed())
        .toList();
  }

  /** The session's last messages, oldest first. */
  public List<Message> messages(String tenant, String subject, String session) {
    String key = CacheKeys.of(names, tenant, subject).messages(session);
    return redis.run(r -> r.xrange(key, Range.unbounded())).stream()
        .map(entry -> message(entry.getId(), new Row(entry.getBody())))
        .filter(message -> message.expiresAt().isAfter(Instant.now()))
        .toList();
  }

  /** The session's tool calls without an outcome, oldest first. */
  public List<OpenToolCall> openToolCalls(String tenant, String subject, String session) {
    String key = CacheKeys.of(names, tenant, subject).openToolCalls(session);
    return redis.run(r -> r.hgetall(key)).entrySet().stream()
        .map(entry -> openToolCall(entry.getKey(), Row.of(entry.getValue())))
        .filter(call -> call.expiresAt().isAfter(Instant.now()))
        .sorted(Comparator.comparingLong(OpenToolCall::offset))
        .toList();
  }

  /** The subject's live memories, in the order of their latest events. */
  public List<LiveMemory> memories(String tenant, String subject) {
    CacheKeys keys = CacheKeys.of(names, tenant, subject);
    return live(keys.memories(), keys::memory, CacheReader::memory).stream()
        .sorted(Comparator.comparingLong(LiveMemory::offset))
        .toList();
  }

  /** The subject's patterns, the most often learned first. */
  public List<Pattern> patterns(String tenant, String subject) {
    CacheKeys keys = CacheKeys.of(names, tenant, subject);
    Map<String, String> patterns = redis.run(r -> r.hgetall(keys.patterns()));
    Map<String, String> learned = redis.run(r -> r.hgetall(keys.reinforcements()));
    return patterns.entrySet().stream()
        .map(e -> pattern(e.getKey(), Row.of(e.getValue()), learned.getOrDefault(e.getKey(), "0")))
        .sorted(
            Comparator.comparingLong(Pattern::reinforcements)
                .reversed()
                .thenComparing(Pattern::patternId))
        .toList();
  }

  /**
   * How much the view holds: one row is one live memory, one live session or one pattern; messages
   * and open tool calls are parts of a session. Goes through all keys of the server step by step,
   * some 100,000 a second, never holding it up.
   *
   * @return nothing if counting takes longer than this
   */
  public OptionalLong rows(Duration atMost) {
    long until = System.nanoTime() + atMost.toNanos();
    ScanArgs mine =
        ScanArgs.Builder.matches(CacheKeys.prefix(names) + "{*}:*s").limit(KEYS_PER_SCAN);
    long rows = 0;
    ScanCursor at = ScanCursor.INITIAL;
    do {
      ScanCursor from = at;
      KeyScanCursor<String> some = redis.run(r -> r.scan(from, mine));
      rows += rows(some.getKeys());
      at = some;
    } while (!at.isFinished() && System.nanoTime() < until);
    return at.isFinished() ? OptionalLong.of(rows) : OptionalLong.empty();
  }

  @Override
  public void close() {
    redis.close();
  }

  private long rows(List<String> keys) {
    List<String> sets = parts(keys, "}:memories", "}:sessions");
    List<String> hashes = parts(keys, "}:patterns");
    Stream<Long> live = redis.runEach(sets, r -> key -> r.zcount(key, ahead())).stream();
    Stream<Long> patterns = redis.runEach(hashes, r -> r::hlen).stream();
    return Stream.concat(live, patterns).mapToLong(Long::longValue).sum();
  }

  /** An id never contains a brace, so nothing but the part itself ends like this. */
  private static List<String> parts(List<String> keys, String... parts) {
    return keys.stream().filter(key -> Stream.of(parts).anyMatch(key::endsWith)).toList();
  }

  /** What a sorted set of expiries still shows, row by row; a row may expire between. */
  private <T> List<T> live(
      String index, UnaryOperator<String> key, BiFunction<String, Row, T> read) {
    List<String> ids = redis.run(r -> r.zrangebyscore(index, ahead()));
    List<Map<String, String>> rows = redis.runEach(ids, r -> id -> r.hgetall(key.apply(id)));
    List<T> live = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      if (!rows.get(i).isEmpty()) {
        live.add(read.apply(ids.get(i), new Row(rows.get(i))));
      }
    }
    return live;
  }

  private static Range<Long> ahead() {
    return Range.from(
        Range.Boundary.excluding(System.currentTimeMillis()), Range.Boundary.unbounded());
  }

  private static Session session(String session, Row row) {
    return new Session(
        session,
        row.text("agent"),
        row.time("lastActivityAt"),
        row.number("offset"),
        row.time("expiresAt"));
  }

  private static Message message(String id, Row row) {
    int dash = id.indexOf('-');
    return new Message(
        row.text("messageId"),
        row.text("role"),
        row.text("agent"),
        row.find("content"),
        row.list("toolCallIds"),
        row.find("toolCallId"),
        Instant.ofEpochMilli(Long.parseLong(id.substring(0, dash))),
        Long.parseLong(id.substring(dash + 1)),
        row.time("expiresAt"));
  }

  private static OpenToolCall openToolCall(String toolCallId, Row row) {
    return new OpenToolCall(
        toolCallId,
        row.text("tool"),
        row.text("arguments"),
        row.text("agent"),
        row.number("offset"),
        row.time("intendedAt"),
        row.time("expiresAt"));
  }

  private static LiveMemory memory(String memoryId, Row row) {
    return new LiveMemory(
        memoryId,
        row.text("kind"),
        row.text("text"),
        row.map("attributes"),
        row.text("agent"),
        row.find("session"),
        row.number("offset"),
        row.text("hash"),
        row.time("recordedAt"),
        row.findTime("expiresAt"));
  }

  private static Pattern pattern(String patternId, Row row, String reinforcements) {
    return new Pattern(
        patternId,
        row.text("statement"),
        Double.parseDouble(row.text("confidence")),
        row.list("evidence"),
        row.text("agent"),
        Long.parseLong(reinforcements),
        row.number("offset"),
        row.time("learnedAt"));
  }
}
