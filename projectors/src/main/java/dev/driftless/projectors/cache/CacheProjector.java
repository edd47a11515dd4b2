package dev.driftless.projectors.cache;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Position;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;
import dev.driftless.schemas.Names;
import io.lettuce.core.KeyValue;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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
 * <p>Who reads directly must hold each row against the clock: a key lives at least as long as its
 * newest row, so a message, a tool call, and an entry of {@code sessions} or {@code memories} is to
 * be shown only while its own expiry is ahead. That is what makes a late replay show the same: its
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
 * <p>The position is written when all data was acknowledged, on the same connection, so to the
 * server that has the data. What "durable" means is its {@code appendfsync}: with {@code everysec}
 * a crash may lose a second, data and position alike, since the position comes after its data in
 * one file and one replication stream. The runtime then finds a lower position and reads from
 * there.
 *
 * <p>A repair runs under the same guard, {@code repair.lua} in the place of {@code apply.lua}, and
 * is refused while the data of its subject are ahead of the position: what lies between would be
 * taken away, and {@code applied} would keep the redelivery from bringing it back.
 *
 * <p>Safe for several threads, one for each partition.
 *
 * @see EventWrites
 */
public final class CacheProjector implements Projector {

  /** The view's name. */
  public static final String VIEW = "cache";

  private static final Script APPLY = Script.read("apply.lua");
  private static final Script ACQUIRE = Script.read("acquire.lua");
  private static final Script ADVANCE = Script.read("advance.lua");
  private static final Script REPAIR = Script.read("repair.lua");

  private final Names names;
  private final EventWrites writes;
  private final Projection projection;
  private final RedisLink redis;

  private CacheProjector(Names names, CacheConfig config) {
    this.names = names;
    this.writes = new EventWrites(names, config);
    this.projection = new Projection(names, writes);
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
    return stored(List.of(partition)).get(0);
  }

  @Override
  public List<Fence> stored(List<Integer> partitions) {
    return redis
        .runEach(
            partitions, r -> p -> r.hmget(position(p), "epoch", "topicId", "offset", "logTime"))
        .stream()
        .map(CacheProjector::fence)
        .toList();
  }

  private static Fence fence(List<KeyValue<String, String>> fields) {
    Map<String, String> held = new HashMap<>();
    for (KeyValue<String, String> field : fields) {
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
    apply(List.of(batch));
  }

  @Override
  public void apply(List<Batch> batches) {
    Pipelines pipelines = new Pipelines(names);
    for (Batch batch : batches) {
      for (LogRecord record : batch.events()) {
        pipelines.add(batch, record, writes.of(record));
      }
    }
    List<ScriptCall> advances = batches.stream().map(this::advance).toList();
    List<Long> advanced =
        redis.onOne(
            connection -> {
              for (List<ScriptCall> pipeline : pipelines.inOrder()) {
                check(connection.run(APPLY, pipeline), pipeline, batches);
              }
              return connection.run(ADVANCE, advances);
            });
    check(advanced, advances, batches);
  }

  private ScriptCall advance(Batch batch) {
    Position to = batch.to();
    return ScriptCall.of(
        position(batch.partition()),
        batch.epoch(),
        batch.from(),
        to.topicId(),
        to.offset(),
        to.logTime().toEpochMilli());
  }

  private void check(List<Long> answers, List<ScriptCall> calls, List<Batch> batches) {
    int refused = answers.indexOf(0L);
    if (refused < 0) {
      return;
    }
    String fenced = calls.get(refused).keys().get(0);
    for (Batch batch : batches) {
      if (position(batch.partition()).equals(fenced)) {
        throw new FencedException(VIEW, batch.partition(), batch.epoch());
      }
    }
    throw new IllegalStateException("no batch is of " + fenced);
  }

  /**
   * As {@link Projector#repair}.
   *
   * @throws IllegalStateException if the data of a subject are ahead of the position, and what was
   *     applied to it last is not itself repaired; then nothing of that subject was changed
   */
  @Override
  public void repair(Repair repair) {
    boolean ahead = false;
    for (List<ScriptCall> pipeline : new RepairCalls(names, projection, repair).inOrder()) {
      List<Long> answers = redis.run(REPAIR, pipeline);
      if (answers.contains(0L)) {
        throw new FencedException(VIEW, repair.partition(), repair.epoch());
      }
      ahead |= answers.contains(2L);
    }
    if (ahead) {
      throw new IllegalStateException(
          "view=%s partition=%d offset=%d: not repaired, a subject's data are ahead of the position; ask again when that has caught up"
              .formatted(VIEW, repair.partition(), repair.position()));
    }
  }

  @Override
  public boolean isTransient(Exception e) {
    return RedisErrors.isTransient(e);
  }

  @Override
  public void close() {
    redis.close();
  }

  private String position(int partition) {
    return CacheKeys.position(names, partition);
  }

  private static long number(Map<String, String> held, String field) {
    return Long.parseLong(held.getOrDefault(field, "0"));
  }
}
