package dev.driftless.projectors;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.events.CheckpointSaved;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MemoryRevised;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.PatternLearned;
import dev.driftless.events.PatternRetired;
import dev.driftless.events.ToolCallCompensated;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallFailed;
import dev.driftless.events.ToolCallIntended;
import dev.driftless.schemas.EventType;
import dev.driftless.schemas.SubjectKey;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One thing of which a view holds something, and the smallest thing that is compared with the log
 * and repaired. Each event speaks of one at most; a view may hold several together.
 *
 * @param tenant empty for {@link Kind#RECORD}, {@link Kind#POSITION} and {@link Kind#STRAY}
 * @param subject as {@code tenant}
 * @param session empty unless the kind is of a session
 * @param id of a memory, pattern, message, step, tool call; of a record, its partition, {@code /},
 *     its offset; of a position, its partition; of a stray, what its store calls it; otherwise
 *     empty
 */
public record Entity(Kind kind, String tenant, String subject, String session, String id) {

  /** What it is. */
  public enum Kind {
    /** What a view holds of a subject as a whole: a guard. */
    SUBJECT,
    MEMORY,
    PATTERN,
    /** A session; in the cache with its messages and open tool calls. */
    SESSION,
    MESSAGE,
    CHECKPOINT,
    TOOL_CALL,
    /** A record of the log, whatever it holds: what the audit view has rows of. */
    RECORD,
    /** A view's position of one partition: compared, and mended by its projector alone. */
    POSITION,
    /** Something in a view's place that is none of the above: no event can have made it. */
    STRAY
  }

  /** How many buckets there are; see {@link #bucket}. */
  public static final int BUCKETS = 4_096;

  /** So many records of a partition, one after the other, share a bucket. */
  public static final int RECORDS_PER_BUCKET = 512;

  /** What the event speaks of; null if it changes nothing but audit. */
  public static @Nullable Entity of(MemoryEvent event) {
    Object payload = event.getPayload();
    return switch (EventType.of(event)) {
      case MEMORY_RECORDED -> of(event, Kind.MEMORY, ((MemoryRecorded) payload).getMemoryId());
      case MEMORY_REVISED -> of(event, Kind.MEMORY, ((MemoryRevised) payload).getMemoryId());
      case MEMORY_FORGOTTEN -> of(event, Kind.MEMORY, ((MemoryForgotten) payload).getMemoryId());
      case PATTERN_LEARNED -> of(event, Kind.PATTERN, ((PatternLearned) payload).getPatternId());
      case PATTERN_RETIRED -> of(event, Kind.PATTERN, ((PatternRetired) payload).getPatternId());
      case SESSION_STARTED, SESSION_ENDED -> inSession(event, Kind.SESSION, "");
      case MESSAGE_APPENDED ->
          inSession(event, Kind.MESSAGE, ((MessageAppended) payload).getMessageId());
      case CHECKPOINT_SAVED ->
          inSession(event, Kind.CHECKPOINT, ((CheckpointSaved) payload).getStep());
      case TOOL_CALL_INTENDED ->
          inSession(event, Kind.TOOL_CALL, ((ToolCallIntended) payload).getToolCallId());
      case TOOL_CALL_COMPLETED ->
          inSession(event, Kind.TOOL_CALL, ((ToolCallCompleted) payload).getToolCallId());
      case TOOL_CALL_FAILED ->
          inSession(event, Kind.TOOL_CALL, ((ToolCallFailed) payload).getToolCallId());
      case TOOL_CALL_COMPENSATED ->
          inSession(event, Kind.TOOL_CALL, ((ToolCallCompensated) payload).getToolCallId());
      case MEMORY_RECALLED -> null;
    };
  }

  /** A record of the log. */
  public static Entity record(int partition, long offset) {
    return new Entity(Kind.RECORD, "", "", "", partition + "/" + offset);
  }

  /** A view's position of this partition. */
  public static Entity position(int partition) {
    return new Entity(Kind.POSITION, "", "", "", Integer.toString(partition));
  }

  /** Something that no event can have made, by the name that its store gives it. */
  public static Entity stray(String name) {
    return new Entity(Kind.STRAY, "", "", "", name);
  }

  /** The subject as a whole. */
  public Entity ofSubject() {
    return new Entity(Kind.SUBJECT, tenant, subject, "", "");
  }

  /** The session as a whole. */
  public Entity ofSession() {
    return new Entity(Kind.SESSION, tenant, subject, session, "");
  }

  /**
   * The partition of a log with so many, whose owner repairs this: also for a record of a partition
   * that there is not, of which a view may hold a row all the same; 0 for a stray.
   */
  public int partition(int partitions) {
    return switch (kind) {
      case RECORD -> Math.floorMod(recordPartition(), partitions);
      case POSITION -> Integer.parseInt(id);
      case STRAY -> 0;
      default -> SubjectKey.partition(new SubjectKey(tenant, subject).bytes(), partitions);
    };
  }

  /** The partition of a {@link Kind#RECORD}, though no log may have it. */
  public int recordPartition() {
    return Integer.parseInt(id.substring(0, id.indexOf('/')));
  }

  /** The offset of a {@link Kind#RECORD}. */
  public long offset() {
    return Long.parseLong(id.substring(id.indexOf('/') + 1));
  }

  /**
   * One of {@link #BUCKETS}: of a record, {@code (31 × partition + offset / 512) mod 4096}, from 0
   * up also for numbers below 0, where the division rounds towards 0; of all else, the first 12
   * bits of the MD5 of tenant, {@code /}, subject.
   */
  public int bucket() {
    if (kind == Kind.RECORD) {
      return Math.floorMod(31L * recordPartition() + offset() / RECORDS_PER_BUCKET, BUCKETS);
    }
    byte[] hash = md5((tenant + "/" + subject).getBytes(UTF_8));
    return (hash[0] & 0xff) << 4 | (hash[1] & 0xff) >> 4;
  }

  /** True if an event of {@code source} may change what a view holds of this. */
  public boolean isChangedBy(Entity source) {
    if (!tenant.equals(source.tenant) || !subject.equals(source.subject)) {
      return false;
    }
    return switch (kind) {
      case SUBJECT -> true;
      case SESSION -> session.equals(source.session);
      default -> equals(source);
    };
  }

  /** For people, for example {@code memory acme/mia m1}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(kind.name().toLowerCase(Locale.ROOT).replace('_', ' '));
    if (!tenant.isEmpty() || !subject.isEmpty()) {
      text.append(' ').append(tenant).append('/').append(subject);
    }
    if (!session.isEmpty()) {
      text.append(' ').append(session);
    }
    if (!id.isEmpty()) {
      text.append(' ').append(id);
    }
    return text.toString();
  }

  private static Entity of(MemoryEvent event, Kind kind, String id) {
    return new Entity(kind, event.getTenant(), event.getSubject(), "", id);
  }

  private static Entity inSession(MemoryEvent event, Kind kind, String id) {
    return new Entity(
        kind,
        event.getTenant(),
        event.getSubject(),
        Objects.requireNonNullElse(event.getSession(), ""),
        id);
  }

  private static byte[] md5(byte[] bytes) {
    try {
      return MessageDigest.getInstance("MD5").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has MD5", e);
    }
  }
}
