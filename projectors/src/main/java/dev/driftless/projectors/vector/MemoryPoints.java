package dev.driftless.projectors.vector;

import static io.qdrant.client.ConditionFactory.filter;
import static io.qdrant.client.ConditionFactory.hasId;
import static io.qdrant.client.ConditionFactory.match;
import static io.qdrant.client.ConditionFactory.range;
import static io.qdrant.client.PointIdFactory.id;
import static io.qdrant.client.ValueFactory.value;
import static io.qdrant.client.VectorsFactory.namedVectors;
import static io.qdrant.client.VectorsFactory.vectors;

import dev.driftless.events.Embedding;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.projectors.Batch;
import dev.driftless.projectors.History;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Memory;
import dev.driftless.schemas.EventType;
import io.qdrant.client.ValueFactory;
import io.qdrant.client.grpc.Common.Condition;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Common.Range;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.PointsUpdateOperation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The points that events make, as they are written and as they are to be found. Safe to share
 * between threads.
 */
final class MemoryPoints implements AutoCloseable {

  private final Embedder embedder;

  MemoryPoints(VectorConfig config) {
    embedder = new Embedder(config.embeddingParallelism());
  }

  /**
   * By batch, of the last event of each memory.
   *
   * @throws IllegalArgumentException if an event carries an embedding that cannot be
   */
  List<List<PointStruct>> of(EmbeddingModel model, List<Batch> batches) {
    List<Collection<Change>> last = batches.stream().map(batch -> last(model, batch)).toList();
    List<Change> changes = last.stream().flatMap(Collection::stream).toList();
    Map<String, float[]> computed = embedder.embed(model, textsToEmbed(changes));
    return IntStream.range(0, batches.size())
        .mapToObj(
            i ->
                last.get(i).stream()
                    .map(change -> point(change, computed, batches.get(i).epoch()))
                    .toList())
        .toList();
  }

  private static Collection<Change> last(EmbeddingModel model, Batch batch) {
    Map<UUID, Change> last = new LinkedHashMap<>();
    for (LogRecord record : batch.events()) {
      Change change = change(model, record);
      if (change != null) {
        last.put(change.pointId(), change);
      }
    }
    return last.values();
  }

  /**
   * Of the last event of each history, but for those that {@link #of(EmbeddingModel, List)}
   * refuses; nothing where there is none.
   */
  List<Optional<PointStruct>> of(EmbeddingModel model, List<History> histories, long epoch) {
    List<Optional<Change>> last = histories.stream().map(history -> last(model, history)).toList();
    List<Change> changes = last.stream().flatMap(Optional::stream).toList();
    Map<String, float[]> computed = embedder.embed(model, textsToEmbed(changes));
    return last.stream().map(change -> change.map(c -> point(c, computed, epoch))).toList();
  }

  /**
   * Points, all of one epoch.
   *
   * @param ifStored they are written where they are absent, and where the stored ones fit this
   */
  record Write(List<PointStruct> points, Filter ifStored) {

    /** Points hold the text of memories. */
    @Override
    public String toString() {
      return "Write[points=%d]".formatted(points.size());
    }
  }

  /**
   * What writes all of them, to be added to. Those that have no vector then have none in the store
   * either, whatever was stored; but for what somebody has written since, which is of a later epoch
   * or offset.
   */
  static List<PointsUpdateOperation> operations(List<Write> writes) {
    List<PointsUpdateOperation> operations = new ArrayList<>();
    writes.forEach(w -> operations.addAll(QdrantCollection.upserts(w.points(), w.ifStored())));
    List<Condition> withoutVector =
        writes.stream().flatMap(w -> withoutVector(w.points()).stream()).toList();
    if (!withoutVector.isEmpty()) { // a filter of no conditions would fit every point
      operations.add(
          QdrantCollection.deletingVectors(
              Filter.newBuilder().addAllShould(withoutVector).build()));
    }
    return operations;
  }

  /** Those of the points that have no vector, if nobody has written them since. */
  private static Optional<Condition> withoutVector(List<PointStruct> points) {
    List<PointStruct> bare =
        points.stream().filter(point -> !point.getVectors().hasVector()).toList();
    if (bare.isEmpty()) {
      return Optional.empty();
    }
    double last = bare.stream().mapToLong(point -> number(point, "offset")).max().orElseThrow();
    return Optional.of(
        filter(
            Filter.newBuilder()
                .addMust(hasId(bare.stream().map(PointStruct::getId).toList()))
                .addMust(match("epoch", number(bare.get(0), "epoch")))
                .addMust(range("offset", Range.newBuilder().setLte(last).build()))
                .build()));
  }

  private static long number(PointStruct point, String field) {
    return point.getPayloadOrThrow(field).getIntegerValue();
  }

  @Override
  public void close() {
    embedder.close();
  }

  /**
   * What an event makes of a memory.
   *
   * @param memory null if it is forgotten
   * @param carried the vector that the event brought
   */
  private record Change(
      LogRecord record, String memoryId, @Nullable Memory memory, float @Nullable [] carried) {

    UUID pointId() {
      MemoryEvent event = record.event();
      return VectorProjector.pointId(event.getTenant(), event.getSubject(), memoryId);
    }
  }

  private static Optional<Change> last(EmbeddingModel model, History history) {
    for (int i = history.records().size() - 1; i >= 0; i--) {
      try {
        Change change = change(model, history.records().get(i));
        if (change != null) {
          return Optional.of(change);
        }
      } catch (IllegalArgumentException e) {
        continue; // set aside when it came, and what was before it stayed
      }
    }
    return Optional.empty();
  }

  private static @Nullable Change change(EmbeddingModel model, LogRecord record) {
    MemoryEvent event = record.event();
    return switch (EventType.of(event)) {
      case MEMORY_RECORDED, MEMORY_REVISED -> change(model, record, Memory.of(event));
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

  private static Change change(EmbeddingModel model, LogRecord record, Memory memory) {
    Embedding embedding = memory.embedding();
    try {
      float[] carried = embedding == null ? null : model.carried(embedding).orElse(null);
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
            .setId(id(change.pointId()))
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
}
