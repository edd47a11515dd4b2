package dev.driftless.bench.performance;

import com.google.common.collect.Lists;
import com.google.common.util.concurrent.ListenableFuture;
import dev.driftless.bench.SideBySide;
import io.qdrant.client.QdrantClient;
import io.qdrant.client.QdrantGrpcClient;
import io.qdrant.client.VectorsFactory;
import io.qdrant.client.WithPayloadSelectorFactory;
import io.qdrant.client.WithVectorsSelectorFactory;
import io.qdrant.client.grpc.Collections.CollectionInfo;
import io.qdrant.client.grpc.Collections.CreateCollection;
import io.qdrant.client.grpc.Collections.OptimizersConfigDiff;
import io.qdrant.client.grpc.Collections.UpdateCollection;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import io.qdrant.client.grpc.Points.ScrollPoints;
import io.qdrant.client.grpc.Points.ScrollResponse;
import io.qdrant.client.grpc.Points.VectorOutput;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;

/**
 * What Qdrant takes in at most: the points that a view holds, ready in memory, written to an empty
 * collection with the same indexes, without any condition, as many in a request as the view writes
 * in an operation, each request awaited.
 */
final class QdrantCeiling {

  private static final int POINTS_A_REQUEST = 500;
  private static final int SINGLE_POINTS = 1_000;

  private static final String COPY = "ceiling";

  private final String address;
  private final CollectionInfo layout;
  private final List<PointStruct> points;
  private final long events;

  private QdrantCeiling(
      String address, CollectionInfo layout, List<PointStruct> points, long events) {
    this.address = address;
    this.layout = layout;
    this.points = points;
    this.events = events;
  }

  /**
   * Reads what the view holds.
   *
   * @param address host:port of the gRPC interface
   * @param collection or an alias
   * @param events that it was made of
   */
  static QdrantCeiling of(String address, String collection, long events)
      throws ExecutionException, InterruptedException {
    try (QdrantClient client = connect(address)) {
      List<PointStruct> points = new ArrayList<>();
      ScrollPoints.Builder request =
          ScrollPoints.newBuilder()
              .setCollectionName(collection)
              .setLimit(1_000)
              .setWithPayload(WithPayloadSelectorFactory.enable(true))
              .setWithVectors(WithVectorsSelectorFactory.enable(true));
      while (true) {
        ScrollResponse page = client.scrollAsync(request.build()).get();
        page.getResultList().forEach(point -> points.add(ready(point)));
        if (!page.hasNextPageOffset()) {
          break;
        }
        request.setOffset(page.getNextPageOffset());
      }
      return new QdrantCeiling(
          address, client.getCollectionInfoAsync(collection).get(), points, events);
    }
  }

  /** Lets the server build no search index of a collection. */
  static void keepFromIndexing(String address, String collection) {
    try (QdrantClient client = connect(address)) {
      var unused =
          await(
              client.updateCollectionAsync(
                  UpdateCollection.newBuilder()
                      .setCollectionName(collection)
                      .setOptimizersConfig(
                          OptimizersConfigDiff.newBuilder().setIndexingThreshold(0))
                      .build()));
    }
  }

  /** Deletes the collections whose names begin so. */
  static void drop(String address, String prefix) {
    try (QdrantClient client = connect(address)) {
      for (String collection : await(client.listCollectionsAsync())) {
        if (collection.startsWith(prefix)) {
          var unused = await(client.deleteCollectionAsync(collection));
        }
      }
    }
  }

  /**
   * Writes all of them once, by so many connections at once, each with its share; answers events a
   * second.
   */
  double eventsPerSecond(int connections) throws ExecutionException, InterruptedException {
    return eventsPerSecond(points, POINTS_A_REQUEST, connections);
  }

  /** Writes some of them, each in a request of its own; answers how many events a second. */
  double oneByOne() throws ExecutionException, InterruptedException {
    return eventsPerSecond(points.subList(0, Math.min(points.size(), SINGLE_POINTS)), 1, 1);
  }

  private double eventsPerSecond(List<PointStruct> written, int pointsARequest, int connections)
      throws ExecutionException, InterruptedException {
    List<QdrantClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < connections; i++) {
        clients.add(connect(address));
      }
      create(clients.get(0));
      int share = (written.size() + connections - 1) / connections;
      List<List<PointStruct>> shares = Lists.partition(written, share);
      long began = System.nanoTime();
      var done =
          SideBySide.run(
              shares.size(),
              i ->
                  () -> {
                    for (List<PointStruct> some : Lists.partition(shares.get(i), pointsARequest)) {
                      var unused = clients.get(i).upsertAsync(COPY, some).get();
                    }
                    return List.of();
                  });
      double took = (System.nanoTime() - began) / 1e9;
      var unused = clients.get(0).deleteCollectionAsync(COPY).get();
      return (double) events * written.size() / points.size() / took;
    } finally {
      clients.forEach(QdrantClient::close);
    }
  }

  private void create(QdrantClient client) throws ExecutionException, InterruptedException {
    CreateCollection request =
        CreateCollection.newBuilder()
            .setCollectionName(COPY)
            .setVectorsConfig(layout.getConfig().getParams().getVectorsConfig())
            .setShardNumber(layout.getConfig().getParams().getShardNumber())
            .setOptimizersConfig(layout.getConfig().getOptimizerConfig())
            .build();
    var unused = client.createCollectionAsync(request).get();
    for (var index : layout.getPayloadSchemaMap().entrySet()) {
      var created =
          client
              .createPayloadIndexAsync(
                  COPY,
                  index.getKey(),
                  index.getValue().getDataType(),
                  index.getValue().hasParams() ? index.getValue().getParams() : null,
                  true,
                  null,
                  null)
              .get();
    }
  }

  private static PointStruct ready(RetrievedPoint point) {
    PointStruct.Builder ready =
        PointStruct.newBuilder()
            .setId(point.getId())
            .putAllPayload(point.getPayloadMap())
            .setVectors(VectorsFactory.namedVectors(Map.of()));
    List<Float> vector = vector(point.getVectors().getVector());
    if (!vector.isEmpty()) {
      ready.setVectors(VectorsFactory.vectors(vector));
    }
    return ready.build();
  }

  /** Servers before 1.17 answer in the field that the client calls deprecated. */
  @SuppressWarnings("deprecation")
  private static List<Float> vector(VectorOutput stored) {
    return stored.hasDense() ? stored.getDense().getDataList() : stored.getDataList();
  }

  private static <T> T await(ListenableFuture<T> answer) {
    try {
      return answer.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while Qdrant was asked", e);
    } catch (ExecutionException e) {
      throw new IllegalStateException("Qdrant: " + e.getMessage(), e);
    }
  }

  private static QdrantClient connect(String address) {
    String[] parts = address.split(":", 2);
    return new QdrantClient(
        QdrantGrpcClient.newBuilder(parts[0], Integer.parseInt(parts[1]), false).build());
  }
}
