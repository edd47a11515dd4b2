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
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Memory;
import dev.driftless.schemas.EventType;
import dev.driftless.schemas.Names;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What each event changes in Redis, as commands; {@link CacheProjector} has the table of the keys.
 * A command that may fail on a full server comes first, and all that repeat harmlessly before those
 * that do not. {@link FoldedKeys} knows the same commands.
 */
record EventWrites(Names names, CacheConfig config) {

  /** Beyond any date, below where a sorted set's scores lose milliseconds. */
  private static final long LATEST_MS = 1L << 53;

  /** What this record changes, in the order of writing; nothing for an event without effect. */
  List<Write> of(LogRecord at) {
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
    List<Write> writes = new ArrayList<>();
    writes.add(Write.of("HSET", key, fields.flat()));
    writes.add(Write.of("PEXPIREAT", key, until(at)));
    writes.add(Write.of("ZADD", keys.sessions(), until(at), session));
    writes.add(Write.of("ZREMRANGEBYSCORE", keys.sessions(), "-inf", ms(at.logTime())));
    writes.add(Write.of("PEXPIREAT", keys.sessions(), until(at)));
    Collections.addAll(writes, more);
    return writes;
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

  private static String streamId(LogRecord at) {
    return Math.max(1, ms(at.logTime())) + "-" + at.offset();
  }

  private long until(LogRecord at) {
    return ms(at.logTime().plus(config.sessionTtl()));
  }

  private static long ms(Instant time) {
    return Math.max(0, Math.min(LATEST_MS, time.toEpochMilli()));
  }
}
