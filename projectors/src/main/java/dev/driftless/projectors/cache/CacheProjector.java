package dev.driftless.projectors.cache;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.PatternLearned;
import dev.driftless.events.PatternRetired;
import dev.driftless.events.ToolCallCompensated;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallFailed;
import dev.driftless.events.ToolCallIntended;
import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Memory;
import dev.driftless.projectors.Position;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;
import dev.driftless.schemas.EventType;
import dev.driftless.schemas.Names;
import io.lettuce.core.KeyValue;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the view {@code cache}: the hot state of each subject in Redis 6.2 or later, or Valkey.
 *
 * <p>Keys of a subject begin with <code>driftless:{&lt;tenant&gt;/&lt;subject&gt;}:</code>, those
 * of a partition are <code>driftless:position:{&lt;partition&gt;}</code>; an installation's name
 * stands before, as in {@code blue:driftless:…} ({@link CacheKeys} says how ids are written). Times
 * are milliseconds since 1970; <i>until</i> is log time + session TTL.
 *
 * <pre>
 * key                           type    holds                                               gone
 * memories                      zset    memoryId → expiry or +inf                           MemoryForgotten
 * memory:&lt;id&gt;                   hash    kind text attributes agent session offset           MemoryForgotten, expiresAt
 *                                       hash recordedAt expiresAt
 * patterns                      hash    patternId → {statement confidence evidence agent    PatternRetired
 *                                       offset learnedAt}
 * reinforcements                hash    patternId → how often it was learned                PatternRetired
 * sessions                      zset    session → until                                     SessionEnded, until
 * session:&lt;s&gt;                   hash    agent lastActivityAt offset expiresAt               SessionEnded, until
 * session:&lt;s&gt;:messages          stream  &lt;log time&gt;-&lt;offset&gt; → messageId role agent           SessionEnded, until;
 *                                       content toolCallIds toolCallId expiresAt            the last 50
 * session:&lt;s&gt;:open-tool-calls   hash    toolCallId → {tool arguments agent offset           its outcome, SessionEnded,
 *                                       intendedAt expiresAt}                               until
 * applied                       string  last offset applied to the subject                  never
 * position:{&lt;partition&gt;}        hash    epoch topicId offset logTime                        never
 * </pre>
 *
 * <p>Who reads directly must hold each row against the clock: a key lives as long as its newest
 * row, so a message, a tool call, and an entry of {@code sessions} or {@code memories} is to be
 * shown only while its own expiry is ahead. That is what makes a late replay show the same: its
 * keys may be dead on arrival, so nothing that is shown rests on an earlier event whose time is
 * over. Hence a session's hash says only what its latest event says, and a pattern's count, which
 * does rest on earlier events, never expires. An event after {@code SessionEnded} opens the session
 * again. Session events and tool calls that name no session are not in the cache, nor are
 * checkpoints; a recall changes nothing.
 *
 * <p>Guards. {@code apply.lua} runs once for each subject of a batch and does three things in one
 * step: it refuses unless the partition's epoch and position are the writer's, ignores events at or
 * below {@code applied}, and applies the rest. So a replaced writer changes nothing, and a
 * redelivery with any borders changes nothing. The position must be looked at in that same step,
 * not before: were the store wiped between the two, {@code applied} would rise over events that the
 * replay is still to bring. This takes keys of two hash slots, so not Redis Cluster; there, one
 * shard could lose its tail in a failover while the position on another still claims it. A
 * subject's own keys do share a slot.
 *
 * <p>The position is written when all data was acknowledged. What "durable" means is the server's
 * {@code appendfsync}: with {@code everysec} a crash may lose a second, data and position alike,
 * since the position comes after its data in one file and one replication stream. The runtime then
 * finds a lower position and reads from there.
 *
 * <p>Safe for several threads, one for each partition.
 */
public final class CacheProjector implements Projector {

  /** The view's name. */
  public static final String VIEW = "cache";

  private static final Script APPLY = Script.read("apply.lua");
  private static final Script ACQUIRE = Script.read("acquire.lua");
  private static final Script ADVANCE = Script.read("advance.lua");

  /** Beyond any date, below where a sorted set's scores lose milliseconds. */
  private static final long LATEST_MS = 1L << 53;

  private final Names names;
  private final CacheConfig config;
  private final RedisLink redis;

  private CacheProjector(Names names, CacheConfig config) {
    this.names = names;
    this.config = config;
    this.redis = new RedisLink(config);
  }

  /** Connects when first called, so that a server that is away is waited for. */
  public static CacheProjector open(Names names, CacheConfig config) {
    return new CacheProjector(names, config);
  }

  @Override
  public String view() {
    return VIEW;
  }

  @Override
  public Fence acquire(int partition) {
    Eviction.refuse(redis);
    long epoch = redis.run(ACQUIRE, ScriptCall.of(position(partition), Clock.systemUTC().millis()));
    return new Fence(epoch, stored(partition).position());
  }

  @Override
  public Fence stored(int partition) {
    Map<String, String> held = new HashMap<>();
    for (KeyValue<String, String> field :
        redis.run(r -> r.hmget(position(partition), "epoch", "topicId", "offset", "logTime"))) {
      field.ifHasValue(value -> held.put(field.getKey(), value));
    }
    String topicId = held.get("topicId");
    Position position =
        topicId == null
            ? null
            : new Position(
                topicId, number(held, "offset"), Instant.ofEpochMilli(number(held, "logTime")));
    return new Fence(number(held, "epoch"), position);
  }

  @Override
  public void apply(Batch batch) {
    Pipelines pipelines = new Pipelines(names, batch);
    for (LogRecord record : batch.events()) {
      pipelines.add(record.event(), record.offset(), writes(record));
    }
    for (List<ScriptCall> pipeline : pipelines.inOrder()) {
      if (redis.run(APPLY, pipeline).contains(0L)) {
        throw new FencedException(VIEW, batch.partition(), batch.epoch());
      }
    }
    Position to = batch.to();
    ScriptCall advance =
        ScriptCall.of(
            position(batch.partition()),
            batch.epoch(),
            batch.from(),
            to.topicId(),
            to.offset(),
            to.logTime().toEpochMilli());
    if (redis.run(ADVANCE, advance) == 0) {
      throw new FencedException(VIEW, batch.partition(), batch.epoch());
    }
  }

  @Override
  public void repair(Repair repair) {
    throw new UnsupportedOperationException("comes with the inspector");
  }

  @Override
  public boolean isTransient(Exception e) {
    return RedisErrors.isTransient(e);
  }

  @Override
  public void close() {
    redis.close();
  }

  /** What this record changes in Redis; commands that repeat harmlessly first. */
  private List<Write> writes(LogRecord at) {
    MemoryEvent event = at.event();
    CacheKeys keys = CacheKeys.of(names, event.getTenant(), event.getSubject());
    Object payload = event.getPayload();
    return switch (EventType.of(event)) {
      case MEMORY_RECORDED, MEMORY_REVISED -> remembered(keys, Memory.of(event), at);
      case MEMORY_FORGOTTEN -> forgotten(keys, ((MemoryForgotten) payload).getMemoryId());
      case SESSION_STARTED, CHECKPOINT_SAVED -> active(keys, at);
      case MESSAGE_APPENDED -> said(keys, (MessageAppended) payload, at);
      case SESSION_ENDED -> ended(keys, event.getSession());
      case TOOL_CALL_INTENDED -> intended(keys, (ToolCallIntended) payload, at);
      case TOOL_CALL_COMPLETED -> closed(keys, ((ToolCallCompleted) payload).getToolCallId(), at);
      case TOOL_CALL_FAILED -> closed(keys, ((ToolCallFailed) payload).getToolCallId(), at);
      case TOOL_CALL_COMPENSATED ->
          closed(keys, ((ToolCallCompensated) payload).getToolCallId(), at);
      case PATTERN_LEARNED -> learned(keys, (PatternLearned) payload, at);
      case PATTERN_RETIRED -> retired(keys, ((PatternRetired) payload).getPatternId());
      case MEMORY_RECALLED -> List.of();
    };
  }

  private static List<Write> remembered(CacheKeys keys, Memory memory, LogRecord at) {
    String key = keys.memory(memory.memoryId());
    Fields fields =
        new Fields()
            .add("kind", memory.kind())
            .add("text", memory.text())
            .add("attributes", Fields.json(new TreeMap<>(memory.attributes())))
            .add("agent", at.event().getAgent())
            .add("session", at.event().getSession())
            .add("offset", at.offset())
            .add("hash", HexFormat.of().formatHex(memory.contentHash()))
            .add("recordedAt", ms(at.logTime()))
            .add("expiresAt", memory.expiresAt() == null ? null : ms(memory.expiresAt()));
    Instant expiresAt = memory.expiresAt();
    List<Write> writes = new ArrayList<>();
    // First what a full server refuses: once a script has written, Redis refuses it nothing more.
    writes.add(
        Write.of(
            "ZADD",
            keys.memories(),
            expiresAt == null ? "+inf" : ms(expiresAt),
            memory.memoryId()));
    writes.add(Write.of("DEL", key));
    writes.add(Write.of("HSET", key, fields.flat()));
    if (expiresAt != null) {
      writes.add(Write.of("PEXPIREAT", key, ms(expiresAt)));
      writes.add(Write.of("ZREMRANGEBYSCORE", keys.memories(), "-inf", ms(at.logTime())));
    }
    return writes;
  }

  private static List<Write> forgotten(CacheKeys keys, String memoryId) {
    return List.of(
        Write.of("ZREM", keys.memories(), memoryId), Write.of("DEL", keys.memory(memoryId)));
  }

  private static List<Write> learned(CacheKeys keys, PatternLearned pattern, LogRecord at) {
    Fields fields =
        new Fields()
            .add("statement", pattern.getStatement())
            .add("confidence", pattern.getConfidence())
            .add("evidence", pattern.getEvidence())
            .add("agent", at.event().getAgent())
            .add("offset", at.offset())
            .add("learnedAt", ms(at.logTime()));
    String patternId = pattern.getPatternId();
    return List.of(
        Write.of("HSET", keys.patterns(), patternId, fields.json()),
        Write.of("HINCRBY", keys.reinforcements(), patternId, 1));
  }

  private static List<Write> retired(CacheKeys keys, String patternId) {
    return List.of(
        Write.of("HDEL", keys.patterns(), patternId),
        Write.of("HDEL", keys.reinforcements(), patternId));
  }

  private List<Write> said(CacheKeys keys, MessageAppended message, LogRecord at) {
    String session = at.event().getSession();
    if (session == null) {
      return List.of();
    }
    String key = keys.messages(session);
    Fields fields =
        new Fields()
            .add("messageId", message.getMessageId())
            .add("role", message.getRole())
            .add("agent", at.event().getAgent())
            .add("content", message.getContent())
            .add("toolCallIds", Fields.json(message.getToolCallIds()))
            .add("toolCallId", message.getToolCallId())
            .add("expiresAt", until(at));
    // The id rises within a key: log time never falls, and an event is applied at most once.
    return active(
        keys,
        at,
        Write.of(
            "XADD", key, fields.flat("MAXLEN", "=", config.messagesPerSession(), streamId(at))),
        Write.of("XTRIM", key, "MINID", "=", ms(at.logTime().minus(config.sessionTtl()))),
        Write.of("PEXPIREAT", key, until(at)));
  }

  private List<Write> intended(CacheKeys keys, ToolCallIntended call, LogRecord at) {
    String session = at.event().getSession();
    if (session == null) {
      return List.of();
    }
    String key = keys.openToolCalls(session);
    Fields fields =
        new Fields()
            .add("tool", call.getTool())
            .add("arguments", call.getArguments())
            .add("agent", at.event().getAgent())
            .add("offset", at.offset())
            .add("intendedAt", ms(at.logTime()))
            .add("expiresAt", until(at));
    return active(
        keys,
        at,
        Write.of("HSET", key, call.getToolCallId(), fields.json()),
        Write.of("PEXPIREAT", key, until(at)));
  }

  private List<Write> closed(CacheKeys keys, String toolCallId, LogRecord at) {
    String session = at.event().getSession();
    return session == null
        ? List.of()
        : active(keys, at, Write.of("HDEL", keys.openToolCalls(session), toolCallId));
  }

  private List<Write> active(CacheKeys keys, LogRecord at, Write... more) {
    String session = at.event().getSession();
    if (session == null) {
      return List.of();
    }
    String key = keys.session(session);
    Fields fields =
        new Fields()
            .add("agent", at.event().getAgent())
            .add("lastActivityAt", ms(at.logTime()))
            .add("offset", at.offset())
            .add("expiresAt", until(at));
    Stream<Write> touch =
        Stream.of(
            Write.of("HSET", key, fields.flat()),
            Write.of("PEXPIREAT", key, until(at)),
            Write.of("ZADD", keys.sessions(), until(at), session),
            Write.of("ZREMRANGEBYSCORE", keys.sessions(), "-inf", ms(at.logTime())),
            Write.of("PEXPIREAT", keys.sessions(), until(at)));
    return Stream.concat(touch, Arrays.stream(more)).toList();
  }

  private static List<Write> ended(CacheKeys keys, @Nullable String session) {
    return session == null
        ? List.of()
        : List.of(
            Write.of("DEL", keys.session(session)),
            Write.of("DEL", keys.messages(session)),
            Write.of("DEL", keys.openToolCalls(session)),
            Write.of("ZREM", keys.sessions(), session));
  }

  private String position(int partition) {
    return CacheKeys.position(names, partition);
  }

  private static String streamId(LogRecord at) {
    return Math.max(1, ms(at.logTime())) + "-" + at.offset();
  }

  private long until(LogRecord at) {
    return ms(at.logTime().plus(config.sessionTtl()));
  }

  private static long ms(Instant time) {
    return Math.max(0, Math.min(LATEST_MS, time.toEpochMilli()));
  }

  private static long number(Map<String, String> held, String field) {
    return Long.parseLong(held.getOrDefault(field, "0"));
  }
}
