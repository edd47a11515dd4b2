package dev.driftless.projectors.vector;

import static io.qdrant.client.ValueFactory.value;
import static io.qdrant.client.WithPayloadSelectorFactory.enable;

import com.google.protobuf.Message;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.qdrant.client.WithVectorsSelectorFactory;
import io.qdrant.client.grpc.Collections.CollectionInfo;
import io.qdrant.client.grpc.Collections.CreateCollection;
import io.qdrant.client.grpc.Collections.Distance;
import io.qdrant.client.grpc.Collections.KeywordIndexParams;
import io.qdrant.client.grpc.Collections.PayloadIndexParams;
import io.qdrant.client.grpc.Collections.PayloadSchemaType;
import io.qdrant.client.grpc.Collections.VectorParams;
import io.qdrant.client.grpc.Collections.VectorsConfig;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Common.PointId;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.DeletePoints;
import io.qdrant.client.grpc.Points.GetPoints;
import io.qdrant.client.grpc.Points.GetResponse;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.PointsSelector;
import io.qdrant.client.grpc.Points.PointsUpdateOperation;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import io.qdrant.client.grpc.Points.ScrollPoints;
import io.qdrant.client.grpc.Points.ScrollResponse;
import io.qdrant.client.grpc.Points.VectorsSelector;
import io.qdrant.client.grpc.Points.WithPayloadSelector;
import io.qdrant.client.grpc.Points.WriteOrdering;
import io.qdrant.client.grpc.Points.WriteOrderingType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * One collection, by its own name, which stays where generations are switched. Safe to share
 * between threads.
 */
final class QdrantCollection {

  private static final WriteOrdering STRONG =
      WriteOrdering.newBuilder().setType(WriteOrderingType.Strong).build();

  /** Among the collection's metadata. */
  private static final String MADE = "made";

  private static final int MAX_POINTS = 500;

  /** The one vector of a point. */
  private static final String UNNAMED = "";

  private static final int MAX_REQUEST_BYTES = 16 << 20;

  private static final int INFO_ATTEMPTS = 20;
  private static final Duration INFO_PAUSE = Duration.ofMillis(100);

  /** What filters name; an unindexed field is refused by a server in strict mode. */
  private static final Map<String, PayloadSchemaType> INDEXES =
      Map.of(
          "tenant", PayloadSchemaType.Keyword,
          "subject", PayloadSchemaType.Keyword,
          "kind", PayloadSchemaType.Keyword,
          "expires_at", PayloadSchemaType.Datetime,
          "epoch", PayloadSchemaType.Integer,
          "offset", PayloadSchemaType.Integer);

  private final QdrantLink link;
  private final String name;
  private final @Nullable EmbeddingModel model;

  /**
   * @param model whose vectors it holds; null if this program does not have it
   */
  QdrantCollection(QdrantLink link, String name, @Nullable EmbeddingModel model) {
    this.link = link;
    this.name = name;
    this.model = model;
  }

  String name() {
    return name;
  }

  /**
   * Whose vectors it holds.
   *
   * @throws IllegalStateException if this program does not have it
   */
  EmbeddingModel model() {
    if (model == null) {
      throw new IllegalStateException(
          "collection %s has vectors of a model that this program does not have: driftless rebuild vector fills another"
              .formatted(name));
    }
    return model;
  }

  /** Tells it from earlier collections of its name; empty if it is not there. */
  String made() {
    return link.await(link.client().collectionExistsAsync(name))
        ? info().getConfig().getMetadataOrDefault(MADE, Value.getDefaultInstance()).getStringValue()
        : "";
  }

  /** Creates what is missing: the collection and its indexes. */
  void create() {
    if (!link.await(link.client().collectionExistsAsync(name))) {
      createCollection();
    }
    Map<String, ?> indexed = info().getPayloadSchemaMap();
    INDEXES.forEach(
        (field, type) -> {
          if (!indexed.containsKey(field)) {
            createIndex(field, type);
          }
        });
  }

  /** Of a collection that another is just making the server tells nothing for a moment. */
  private CollectionInfo info() {
    for (int left = INFO_ATTEMPTS; ; left--) {
      try {
        return link.await(link.client().getCollectionInfoAsync(name));
      } catch (StatusRuntimeException e) {
        if (left == 1 || e.getStatus().getCode() != Status.Code.INTERNAL) {
          throw e;
        }
        LockSupport.parkNanos(INFO_PAUSE.toNanos());
      }
    }
  }

  /** The point, or nothing if it or the collection is not there. */
  Optional<RetrievedPoint> point(PointId id) {
    return points(List.of(id), enable(true), false).stream().findFirst();
  }

  /** Those of the points that are there, in one request and any order. */
  List<RetrievedPoint> points(List<PointId> ids, WithPayloadSelector payload, boolean vectors) {
    GetPoints request =
        GetPoints.newBuilder()
            .setCollectionName(name)
            .addAllIds(ids)
            .setWithPayload(payload)
            .setWithVectors(WithVectorsSelectorFactory.enable(vectors))
            .build();
    return link.ifThere(link.points().get(request), GetResponse.getDefaultInstance())
        .getResultList();
  }

  /**
   * Points in the order of their ids, without vectors; none if the collection is not there.
   *
   * @param from null for the first
   */
  ScrollResponse scroll(@Nullable PointId from, int limit, WithPayloadSelector payload) {
    ScrollPoints.Builder request =
        ScrollPoints.newBuilder()
            .setCollectionName(name)
            .setLimit(limit)
            .setWithPayload(payload)
            .setWithVectors(WithVectorsSelectorFactory.enable(false));
    if (from != null) {
      request.setOffset(from);
    }
    return link.ifThere(link.points().scroll(request.build()), ScrollResponse.getDefaultInstance());
  }

  /** Writes the points that are absent, and those that are stored and fit the filter. */
  void upsert(List<PointStruct> points, Filter ifStored) {
    update(upserts(points, ifStored));
  }

  /** Sets these fields of the points that fit the filter; no point is made. */
  void set(Map<String, Value> fields, Filter filter) {
    update(List.of(setting(fields, filter)));
  }

  /** What {@link #upsert} does, in as many steps as the size of the points asks for. */
  static List<PointsUpdateOperation> upserts(List<PointStruct> points, Filter ifStored) {
    return parts(points, MAX_POINTS).stream().map(part -> upserting(part, ifStored)).toList();
  }

  /**
   * Deletes the vectors of the points that fit the filter. An upsert without a vector does not: a
   * point that is in a search index is moved elsewhere to be changed, with all that it has, and
   * what is written comes over that.
   */
  static PointsUpdateOperation deletingVectors(Filter filter) {
    return PointsUpdateOperation.newBuilder()
        .setDeleteVectors(
            PointsUpdateOperation.DeleteVectors.newBuilder()
                .setPointsSelector(PointsSelector.newBuilder().setFilter(filter))
                .setVectors(VectorsSelector.newBuilder().addNames(UNNAMED)))
        .build();
  }

  /** What {@link #set} does. */
  static PointsUpdateOperation setting(Map<String, Value> fields, Filter filter) {
    return PointsUpdateOperation.newBuilder()
        .setSetPayload(
            PointsUpdateOperation.SetPayload.newBuilder()
                .putAllPayload(fields)
                .setPointsSelector(PointsSelector.newBuilder().setFilter(filter)))
        .build();
  }

  private static PointsUpdateOperation upserting(List<PointStruct> points, Filter ifStored) {
    return PointsUpdateOperation.newBuilder()
        .setUpsert(
            PointsUpdateOperation.PointStructList.newBuilder()
                .addAllPoints(points)
                .setUpdateFilter(ifStored))
        .build();
  }

  /**
   * Does these one after the other, in as many requests as their size asks for; what comes after
   * one that fails is not done.
   */
  void update(List<PointsUpdateOperation> operations) {
    parts(operations, Integer.MAX_VALUE).forEach(this::updateAtOnce);
  }

  /** In their order, each part with so many at most, and no larger than a request may be. */
  private static <T extends Message> List<List<T>> parts(List<T> messages, int most) {
    List<List<T>> parts = new ArrayList<>();
    int from = 0;
    long bytes = 0;
    for (int to = 0; to < messages.size(); to++) {
      int size = messages.get(to).getSerializedSize();
      if (to > from && (to - from == most || bytes + size > MAX_REQUEST_BYTES)) {
        parts.add(messages.subList(from, to));
        from = to;
        bytes = 0;
      }
      bytes += size;
    }
    if (from < messages.size()) {
      parts.add(messages.subList(from, messages.size()));
    }
    return parts;
  }

  private void updateAtOnce(List<PointsUpdateOperation> operations) {
    var unused = link.await(link.client().batchUpdateAsync(name, operations, true, STRONG, null));
  }

  /** Deletes the points that fit the filter. */
  void delete(Filter filter) {
    DeletePoints request =
        DeletePoints.newBuilder()
            .setCollectionName(name)
            .setPoints(PointsSelector.newBuilder().setFilter(filter))
            .setWait(true)
            .setOrdering(STRONG)
            .build();
    var unused = link.await(link.client().deleteAsync(request));
  }

  /** One shard, so that no snapshot can hold a position that is ahead of its points. */
  private void createCollection() {
    CreateCollection request =
        CreateCollection.newBuilder()
            .setCollectionName(name)
            .setVectorsConfig(
                VectorsConfig.newBuilder()
                    .setParams(
                        VectorParams.newBuilder()
                            .setSize(model().dimensions())
                            .setDistance(Distance.Cosine)))
            .setShardNumber(1)
            .putMetadata(MADE, value(UUID.randomUUID().toString()))
            .build();
    try {
      var unused = link.await(link.client().createCollectionAsync(request));
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() != Status.Code.ALREADY_EXISTS) {
        throw e;
      }
    }
  }

  private void createIndex(String field, PayloadSchemaType type) {
    PayloadIndexParams params =
        field.equals("tenant")
            ? PayloadIndexParams.newBuilder()
                .setKeywordIndexParams(KeywordIndexParams.newBuilder().setIsTenant(true))
                .build()
            : null;
    var unused =
        link.await(
            link.client().createPayloadIndexAsync(name, field, type, params, true, null, null));
  }
}
