package dev.driftless.projectors.vector;

import static io.qdrant.client.ConditionFactory.filter;
import static io.qdrant.client.ConditionFactory.hasId;
import static io.qdrant.client.ConditionFactory.isEmpty;
import static io.qdrant.client.ConditionFactory.match;
import static io.qdrant.client.ConditionFactory.range;
import static io.qdrant.client.PointIdFactory.id;
import static io.qdrant.client.ValueFactory.value;
import static io.qdrant.client.VectorsFactory.namedVectors;
import static io.qdrant.client.WithPayloadSelectorFactory.enable;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.Position;
import io.grpc.Status;
import io.qdrant.client.grpc.Common.Condition;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Common.PointId;
import io.qdrant.client.grpc.Common.Range;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.PointsUpdateOperation;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import java.time.Instant;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

/**
 * Who writes each partition, and up to where the points hold it: one point per partition among the
 * memories, so that a snapshot, a restore or a wipe takes both.
 *
 * <p>The point is made by {@link #acquire} alone. Everything after that changes the point that is
 * stored, where it still is as this writer left it, and makes none: whoever comes late can neither
 * move a position nor bring one back.
 */
final class Positions {

  private static final int ATTEMPTS = 20;

  private final QdrantCollection collection;

  Positions(QdrantCollection collection) {
    this.collection = collection;
  }

  Fence acquire(int partition) {
    String owner = UUID.randomUUID().toString();
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      long epoch = Math.max(stored(partition).epoch() + 1, System.currentTimeMillis());
      insertIfAbsent(partition);
      collection.set(Map.of("epoch", value(epoch), "owner", value(owner)), below(partition, epoch));
      Map<String, Value> winner = read(partition);
      if (winner.containsKey("owner") && winner.get("owner").getStringValue().equals(owner)) {
        writeAnew(partition, epoch, winner);
        return fence(winner);
      }
    }
    throw Status.ABORTED
        .withDescription("partition=%d is being acquired by others".formatted(partition))
        .asRuntimeException();
  }

  /**
   * Writes all that is stored once more, now that nobody else can move it. Qdrant finds points by
   * indexes that lie beside the stored fields; a server that was killed while it wrote both to disk
   * may find by what the fields do not say, and then no {@link #advance} would ever change them.
   */
  private void writeAnew(int partition, long epoch, Map<String, Value> stored) {
    collection.set(
        stored,
        Filter.newBuilder()
            .addMust(hasId(pointId(partition)))
            .addMust(match("epoch", epoch))
            .build());
  }

  Fence stored(int partition) {
    return stored(List.of(partition)).get(0);
  }

  /** Of each of these partitions, all from one answer. */
  List<Fence> stored(List<Integer> partitions) {
    Map<Integer, Fence> held = new HashMap<>();
    List<PointId> ids = partitions.stream().map(Positions::pointId).toList();
    for (RetrievedPoint point : collection.points(ids, enable(true), false)) {
      held.put((int) point.getId().getNum(), fence(point.getPayloadMap()));
    }
    return partitions.stream().map(p -> held.getOrDefault(p, Fence.NONE)).toList();
  }

  /** The positions of the partitions from 0 on, all from one answer; 0 where nothing is held. */
  long[] offsets(int partitions) {
    return stored(IntStream.range(0, partitions).boxed().toList()).stream()
        .mapToLong(Fence::offset)
        .toArray();
  }

  /**
   * @throws FencedException unless the store holds this epoch and this position
   */
  void check(int partition, long epoch, long offset) {
    check(stored(partition), partition, epoch, offset);
  }

  /**
   * @throws FencedException unless the store holds the epochs and positions of these batches
   */
  void check(List<Batch> batches) {
    Iterator<Fence> held = stored(batches.stream().map(Batch::partition).toList()).iterator();
    batches.forEach(batch -> check(held.next(), batch.partition(), batch.epoch(), batch.from()));
  }

  private static void check(Fence held, int partition, long epoch, long offset) {
    if (held.epoch() != epoch || held.offset() != offset) {
      throw new FencedException(VectorProjector.VIEW, partition, epoch);
    }
  }

  /**
   * Moves the position to the batch's end, if it still is at the batch's beginning. Or is at its
   * end already: so the server can do it again from its own log after a crash in the middle of it.
   */
  static PointsUpdateOperation advance(Batch batch) {
    Position to = batch.to();
    return QdrantCollection.setting(
        Map.of(
            "topic_id", value(to.topicId()),
            "offset", value(to.offset()),
            "log_time", value(to.logTime().toString())),
        Filter.newBuilder()
            .addMust(hasId(pointId(batch.partition())))
            .addMust(match("epoch", batch.epoch()))
            .addMust(isAtBorder(batch))
            .build());
  }

  private void insertIfAbsent(int partition) {
    PointStruct nobody =
        PointStruct.newBuilder()
            .setId(pointId(partition))
            .setVectors(namedVectors(Map.of()))
            .putPayload("partition", value(partition))
            .putPayload("epoch", value(0))
            .build();
    Filter never = Filter.newBuilder().addMustNot(hasId(pointId(partition))).build();
    collection.upsert(List.of(nobody), never);
  }

  private Map<String, Value> read(int partition) {
    return collection.point(pointId(partition)).map(p -> p.getPayloadMap()).orElse(Map.of());
  }

  private Fence fence(Map<String, Value> payload) {
    Value epoch = payload.get("epoch");
    Value topicId = payload.get("topic_id");
    Value offset = payload.get("offset");
    Value logTime = payload.get("log_time");
    if (epoch == null) {
      return Fence.NONE;
    }
    if (topicId == null || offset == null || logTime == null) {
      return new Fence(epoch.getIntegerValue(), null, collection.name());
    }
    return new Fence(
        epoch.getIntegerValue(),
        new Position(
            topicId.getStringValue(),
            offset.getIntegerValue(),
            Instant.parse(logTime.getStringValue())),
        collection.name());
  }

  private static Filter below(int partition, long epoch) {
    return Filter.newBuilder()
        .addMust(hasId(pointId(partition)))
        .addMust(range("epoch", Range.newBuilder().setLt((double) epoch).build()))
        .build();
  }

  private static Condition isAtBorder(Batch batch) {
    Filter.Builder border =
        Filter.newBuilder()
            .addShould(match("offset", batch.from()))
            .addShould(match("offset", batch.to().offset()));
    if (batch.from() == 0) {
      border.addShould(isEmpty("offset"));
    }
    return filter(border.build());
  }

  /** Numbers are partitions; memories have UUIDs. */
  private static PointId pointId(int partition) {
    return id(partition);
  }
}
