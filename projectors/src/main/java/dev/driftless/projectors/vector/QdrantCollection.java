package dev.driftless.projectors.vector;

import static io.qdrant.client.WithPayloadSelectorFactory.enable;

import com.google.common.util.concurrent.ListenableFuture;
import dev.driftless.schemas.Names;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.qdrant.client.QdrantClient;
import io.qdrant.client.QdrantGrpcClient;
import io.qdrant.client.WithVectorsSelectorFactory;
import io.qdrant.client.grpc.Collections.AliasDescription;
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
import io.qdrant.client.grpc.Points.RetrievedPoint;
import io.qdrant.client.grpc.Points.ScrollPoints;
import io.qdrant.client.grpc.Points.ScrollResponse;
import io.qdrant.client.grpc.Points.UpsertPoints;
import io.qdrant.client.grpc.Points.WithPayloadSelector;
import io.qdrant.client.grpc.Points.WriteOrdering;
import io.qdrant.client.grpc.Points.WriteOrderingType;
import io.qdrant.client.grpc.PointsGrpc.PointsFutureStub;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The view's collection for {@link EmbeddingModel#ID}, and the calls to it, each within the request
 * timeout. Safe to share between threads.
 */
final class QdrantCollection implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(QdrantCollection.class);
  private static final Pattern VERSION = Pattern.compile("v?(\\d+)\\.(\\d+).*");
  private static final WriteOrdering STRONG =
      WriteOrdering.newBuilder().setType(WriteOrderingType.Strong).build();
  private static final int MAX_POINTS = 500;
  private static final int MAX_REQUEST_BYTES = 16 << 20;
  private static final int MAX_ANSWER_BYTES = 256 << 20;

  /** What filters name; an unindexed field is refused by a server in strict mode. */
  private static final Map<String, PayloadSchemaType> INDEXES =
      Map.of(
          "tenant", PayloadSchemaType.Keyword,
          "subject", PayloadSchemaType.Keyword,
          "kind", PayloadSchemaType.Keyword,
          "expires_at", PayloadSchemaType.Datetime,
          "epoch", PayloadSchemaType.Integer,
          "offset", PayloadSchemaType.Integer);

  private final VectorConfig config;
  private final String alias;
  private final String name;
  private final QdrantClient client;

  QdrantCollection(VectorConfig config, Names names) {
    this.config = config;
    this.alias = names.prefixed("-", "driftless-memories");
    this.name = alias + "-" + EmbeddingModel.ID;
    this.client = new QdrantClient(connect(config));
  }

  String name() {
    return name;
  }

  String alias() {
    return alias;
  }

  /** For what only one caller asks. */
  QdrantClient client() {
    return client;
  }

  /** Creates what is missing: the collection, its indexes, the alias if there is none. */
  void create() {
    refuseOldServer();
    if (!await(client.collectionExistsAsync(name))) {
      createCollection();
    }
    Map<String, ?> indexed = await(client.getCollectionInfoAsync(name)).getPayloadSchemaMap();
    INDEXES.forEach(
        (field, type) -> {
          if (!indexed.containsKey(field)) {
            createIndex(field, type);
          }
        });
    createAlias();
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
    return ifThere(points().get(request), GetResponse.getDefaultInstance()).getResultList();
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
    return ifThere(points().scroll(request.build()), ScrollResponse.getDefaultInstance());
  }

  /** Not through the client, which logs an error when there is no collection. */
  private PointsFutureStub points() {
    return client.grpcClient().points();
  }

  private <T> T ifThere(ListenableFuture<T> answer, T otherwise) {
    try {
      return await(answer);
    } catch (StatusRuntimeException e) {
      if (e.getStatus().getCode() == Status.Code.NOT_FOUND) {
        return otherwise;
      }
      throw e;
    }
  }

  /**
   * Writes the points that are absent, and those that are stored and fit the filter, in as many
   * requests as their size asks for.
   */
  void upsert(List<PointStruct> points, Filter ifStored) {
    int from = 0;
    long bytes = 0;
    for (int to = 0; to < points.size(); to++) {
      int size = points.get(to).getSerializedSize();
      if (to > from && (to - from == MAX_POINTS || bytes + size > MAX_REQUEST_BYTES)) {
        upsertAtOnce(points.subList(from, to), ifStored);
        from = to;
        bytes = 0;
      }
      bytes += size;
    }
    if (from < points.size()) {
      upsertAtOnce(points.subList(from, points.size()), ifStored);
    }
  }

  private void upsertAtOnce(List<PointStruct> points, Filter ifStored) {
    UpsertPoints request =
        UpsertPoints.newBuilder()
            .setCollectionName(name)
            .addAllPoints(points)
            .setUpdateFilter(ifStored)
            .setWait(true)
            .setOrdering(STRONG)
            .build();
    var unused = await(client.upsertAsync(request));
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
    var unused = await(client.deleteAsync(request));
  }

  /** Sets these fields of the points that fit the filter; no point is made. */
  void set(Map<String, Value> fields, Filter filter) {
    var unused =
        await(client.setPayloadAsync(name, fields, filter, true, WriteOrderingType.Strong, null));
  }

  /** The answer, or what the driver threw. */
  <T> T await(ListenableFuture<T> answer) {
    try {
      return answer.get(config.requestTimeout().toMillis() + 1_000, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException driver) {
        throw driver;
      }
      throw Status.UNKNOWN.withCause(e.getCause()).asRuntimeException();
    } catch (java.util.concurrent.TimeoutException | CancellationException e) {
      throw Status.DEADLINE_EXCEEDED.withCause(e).asRuntimeException();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Status.CANCELLED.withCause(e).asRuntimeException();
    }
  }

  @Override
  public void close() {
    client.close();
  }

  private static QdrantGrpcClient connect(VectorConfig config) {
    ManagedChannelBuilder<?> channel =
        ManagedChannelBuilder.forAddress(config.host(), config.port())
            .maxInboundMessageSize(MAX_ANSWER_BYTES);
    if (!config.tls()) {
      channel.usePlaintext();
    }
    QdrantGrpcClient.Builder client =
        QdrantGrpcClient.newBuilder(channel.build(), true, false)
            .withTimeout(config.requestTimeout());
    if (config.apiKey() != null) {
      client.withApiKey(config.apiKey());
    }
    return client.build();
  }

  private void refuseOldServer() {
    String version = await(client.healthCheckAsync()).getVersion();
    Matcher parts = VERSION.matcher(version);
    if (parts.matches()
        && Integer.parseInt(parts.group(1)) == 1
        && Integer.parseInt(parts.group(2)) < 16) {
      throw new IllegalStateException(
          "Qdrant %s at %s would ignore the guards of this view: use 1.16 or later"
              .formatted(version, config.address()));
    }
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
                            .setSize(EmbeddingModel.DIMENSIONS)
                            .setDistance(Distance.Cosine)))
            .setShardNumber(1)
            .build();
    try {
      var unused = await(client.createCollectionAsync(request));
      LOG.atInfo()
          .addKeyValue("view", VectorProjector.VIEW)
          .addKeyValue("collection", name)
          .log("created");
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
    var unused = await(client.createPayloadIndexAsync(name, field, type, params, true, null, null));
  }

  private void createAlias() {
    String behind = behindAlias();
    if (behind == null) {
      var unused = await(client.createAliasAsync(alias, name));
    } else if (!behind.equals(name)) {
      LOG.atWarn()
          .addKeyValue("view", VectorProjector.VIEW)
          .addKeyValue("collection", name)
          .log("alias {} is still at {}: move it when this one has caught up", alias, behind);
    }
  }

  private @Nullable String behindAlias() {
    return await(client.listAliasesAsync()).stream()
        .filter(a -> a.getAliasName().equals(alias))
        .map(AliasDescription::getCollectionName)
        .findFirst()
        .orElse(null);
  }
}
