package dev.driftless.projectors.vector;

import static io.qdrant.client.ConditionFactory.range;
import static io.qdrant.client.PointIdFactory.id;
import static io.qdrant.client.ValueFactory.value;
import static io.qdrant.client.VectorsFactory.namedVectors;
import static io.qdrant.client.VectorsFactory.vectors;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.events.Embedding;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Memory;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;
import dev.driftless.schemas.EventType;
import dev.driftless.schemas.Names;
import io.grpc.StatusRuntimeException;
import io.qdrant.client.QdrantException;
import io.qdrant.client.ValueFactory;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Common.Range;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.PointStruct;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The memories in Qdrant 1.16 or later, to be found by meaning.
 *
 * <pre>
 * alias       driftless-memories             with the installation's name and - before it, if it has one
 * collection  driftless-memories-{model}     one per embedding model: another model, another collection;
 *                                            384 dimensions, cosine, one shard
 *
 * point                 id                                  vector             payload
 * a memory              UUIDv5 of tenant, subject,          of its text        tenant subject agent session? memory_id
 *                       memory id: see {@link #pointId}     (none without      kind text attributes expires_at?
 *                                                           words)             version content_hash recorded_at
 *                                                                              partition offset epoch
 * a forgotten memory    the same, for ever                  none               tenant subject memory_id
 *                                                                              partition offset epoch
 * a partition           its number                          none               partition epoch owner
 *                                                                              topic_id? offset? log_time?
 * </pre>
 *
 * <p>{@code version} and {@code offset} of a memory are the log offset of the event that it shows,
 * {@code offset} of a partition is its position; times are RFC 3339; {@code kind} is what only live
 * memories have. An expired memory stays: who reads compares {@code expires_at}, as {@link
 * VectorSearch} does.
 *
 * <p>A batch is at most three requests: is the partition still ours and where we left it; the
 * points; the position. Points are written under one condition that the server checks for each of
 * them as it writes it: the stored one, if there is any, must not be of a later epoch, nor of an
 * offset at or beyond the batch's end. So no point ever goes back, whatever arrives how late, and
 * with whatever borders it was cut: what is stored from within the batch's range is of the batch's
 * last event of that memory or of an earlier one, and what is beyond stays. An absent point is
 * written always, hence the forgotten ones. A crash leaves points ahead of the position, never
 * behind it.
 *
 * <p>Safe to share between threads.
 */
public final class VectorProjector implements Projector {

  static final String VIEW = "vector";

  private static Filter notNewerThan(Batch batch) {
    return Filter.newBuilder()
        .addMustNot(range("epoch", Range.newBuilder().setGt((double) batch.epoch()).build()))
        .addMustNot(
            range("offset", Range.newBuilder().setGte((double) batch.to().offset()).build()))
        .build();
  }

  private final QdrantCollection collection;
  private final Positions positions;
  private final EmbeddingModel model;

  /** Opens the view; connects when first asked. */
  public VectorProjector(VectorConfig config, Names names) {
    collection = new QdrantCollection(config, names);
    positions = new Positions(collection);
    model = new EmbeddingModel(config.embeddingParallelism());
  }

  @Override
  public String view() {
    return VIEW;
  }

  @Override
  public Fence acquire(int partition) {
    collection.create();
    return positions.acquire(partition);
  }

  @Override
  public Fence stored(int partition) {
    return positions.stored(partition);
  }

  @Override
  public void apply(Batch batch) {
    List<PointStruct> points = points(batch);
    positions.check(batch);
    write(points, batch);
    positions.advance(batch);
  }

  List<PointStruct> points(Batch batch) {
    Collection<Change> changes = lastOfEachMemory(batch);
    Map<String, float[]> computed = model.embed(textsToEmbed(changes));
    return changes.stream().map(change -> point(change, computed, batch.epoch())).toList();
  }

  void write(List<PointStruct> points, Batch batch) {
    collection.upsert(points, notNewerThan(batch));
  }

  @Override
  public void repair(Repair repair) {
    throw new UnsupportedOperationException("comes with the inspector");
  }

  @Override
  public boolean isTransient(Exception e) {
    if (e instanceof StatusRuntimeException answer) {
      return switch (answer.getStatus().getCode()) {
        case INVALID_ARGUMENT, OUT_OF_RANGE -> false;
        default -> true; // the store is away, busy, full, closed to us, or being put back
      };
    }
    return e instanceof QdrantException; // an answer that says no without a reason
  }

  @Override
  public void close() {
    model.close();
    collection.close();
  }

  /**
   * What an event makes of a memory.
   *
   * @param memory null if it is forgotten
   * @param carried the vector that the event brought
   */
  private record Change(
      LogRecord record, String memoryId, @Nullable Memory memory, float @Nullable [] carried) {}

  private static Collection<Change> lastOfEachMemory(Batch batch) {
    Map<UUID, Change> last = new LinkedHashMap<>();
    for (LogRecord record : batch.events()) {
      Change change = change(record);
      if (change != null) {
        last.put(pointId(record.event(), change.memoryId()), change);
      }
    }
    return last.values();
  }

  private static @Nullable Change change(LogRecord record) {
    MemoryEvent event = record.event();
    return switch (EventType.of(event)) {
      case MEMORY_RECORDED, MEMORY_REVISED -> change(record, Memory.of(event));
      case MEMORY_FORGOTTEN ->
          new Change(record, ((MemoryForgotten) event.getPayload()).getMemoryId(), null, null);
      case SESSION_STARTED,
          MESSAGE_APPENDED,
          SESSION_ENDED,
          CHECKPOINT_SAVED,
          TOOL_CALL_INTENDED,
          TOOL_CALL_COMPLETED,
          TOOL_CALL_FAILED,
          TOOL_CALL_COMPENSATED,
          PATTERN_LEARNED,
          PATTERN_RETIRED,
          MEMORY_RECALLED ->
          null;
    };
  }

  private static Change change(LogRecord record, Memory memory) {
    Embedding embedding = memory.embedding();
    try {
      float[] carried = embedding == null ? null : EmbeddingModel.carried(embedding).orElse(null);
      return new Change(record, memory.memoryId(), memory, carried);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "partition=%d offset=%d: %s"
              .formatted(record.partition(), record.offset(), e.getMessage()),
          e);
    }
  }

  private static Set<String> textsToEmbed(Collection<Change> changes) {
    Set<String> texts = new LinkedHashSet<>();
    for (Change change : changes) {
      if (change.memory() != null && change.carried() == null) {
        texts.add(change.memory().text());
      }
    }
    return texts;
  }

  private static PointStruct point(Change change, Map<String, float[]> computed, long epoch) {
    LogRecord record = change.record();
    MemoryEvent event = record.event();
    Memory memory = change.memory();
    PointStruct.Builder point =
        PointStruct.newBuilder()
            .setId(id(pointId(event, change.memoryId())))
            .setVectors(namedVectors(Map.of()))
            .putPayload("tenant", value(event.getTenant()))
            .putPayload("subject", value(event.getSubject()))
            .putPayload("memory_id", value(change.memoryId()))
            .putPayload("partition", value(record.partition()))
            .putPayload("offset", value(record.offset()))
            .putPayload("epoch", value(epoch));
    if (memory == null) {
      return point.build();
    }
    float[] vector = change.carried() == null ? computed.get(memory.text()) : change.carried();
    if (vector != null) {
      point.setVectors(vectors(vector));
    }
    return point.putAllPayload(content(record, memory)).build();
  }

  private static Map<String, Value> content(LogRecord record, Memory memory) {
    MemoryEvent event = record.event();
    Map<String, Value> payload = new HashMap<>();
    payload.put("agent", value(event.getAgent()));
    if (event.getSession() != null) {
      payload.put("session", value(event.getSession()));
    }
    payload.put("kind", value(memory.kind().name()));
    payload.put("text", value(memory.text()));
    payload.put("attributes", value(values(memory.attributes())));
    if (memory.expiresAt() != null) {
      payload.put("expires_at", value(memory.expiresAt().toString()));
    }
    payload.put("version", value(record.offset()));
    payload.put("content_hash", value(HexFormat.of().formatHex(memory.contentHash())));
    payload.put("recorded_at", value(record.logTime().toString()));
    return payload;
  }

  private static Map<String, Value> values(Map<String, String> texts) {
    return texts.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, e -> ValueFactory.value(e.getValue())));
  }

  private static UUID pointId(MemoryEvent event, String memoryId) {
    return pointId(event.getTenant(), event.getSubject(), memoryId);
  }

  /** The UUIDv5 of {@code driftless.dev} as a DNS name. */
  private static final UUID NAMESPACE = UUID.fromString("d01e151b-1730-5a6c-b75c-3bcb725e510f");

  /**
   * The id of a memory's point: the UUIDv5 (RFC 9562) with the namespace {@code
   * d01e151b-1730-5a6c-b75c-3bcb725e510f} and the name UTF-8 tenant, zero byte, UTF-8 subject, zero
   * byte, UTF-8 memory id.
   *
   * @throws IllegalArgumentException if the tenant or the subject contains a zero byte: then the
   *     name could be another memory's
   */
  static UUID pointId(String tenant, String subject, String memoryId) {
    if (tenant.indexOf('\0') >= 0 || subject.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("tenant or subject contains a zero byte");
    }
    return uuid5(NAMESPACE, tenant + '\0' + subject + '\0' + memoryId);
  }

  static UUID uuid5(UUID namespace, String name) {
    byte[] text = name.getBytes(UTF_8);
    ByteBuffer input =
        ByteBuffer.allocate(16 + text.length)
            .putLong(namespace.getMostSignificantBits())
            .putLong(namespace.getLeastSignificantBits())
            .put(text);
    try {
      ByteBuffer hash = ByteBuffer.wrap(MessageDigest.getInstance("SHA-1").digest(input.array()));
      long high = (hash.getLong() & 0xffffffffffff0fffL) | 0x5000L;
      long low = (hash.getLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
      return new UUID(high, low);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }
}
