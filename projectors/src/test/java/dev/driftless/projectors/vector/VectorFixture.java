package dev.driftless.projectors.vector;

import static io.qdrant.client.VectorsFactory.namedVectors;
import static io.qdrant.client.VectorsFactory.vectors;
import static io.qdrant.client.WithPayloadSelectorFactory.enable;
import static org.awaitility.Awaitility.await;

import dev.driftless.events.MemoryEvent;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.Memory;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.ViewFixture;
import dev.driftless.schemas.Names;
import io.qdrant.client.WithVectorsSelectorFactory;
import io.qdrant.client.grpc.Collections.CollectionStatus;
import io.qdrant.client.grpc.Collections.OptimizersConfigDiff;
import io.qdrant.client.grpc.Collections.UpdateCollection;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import io.qdrant.client.grpc.Points.ScrollPoints;
import io.qdrant.client.grpc.Points.ScrollResponse;
import io.qdrant.client.grpc.Points.VectorOutput;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;

/** A vector view of its own name in a real Qdrant. */
public final class VectorFixture implements ViewFixture {

  private static final int PAGE = 1_000;

  private final VectorConfig config = VectorConfig.of(server());
  private final Names names =
      new Names("t" + UUID.randomUUID().toString().replace("-", "").substring(0, 20));
  private final VectorCollections collections = new VectorCollections(config, names);

  private static String server() {
    return TestStack.shared().with(ServerKind.QDRANT).qdrantGrpc();
  }

  @Override
  public Projector open() {
    return projector();
  }

  @Override
  public Inspector inspect(int partitions) {
    return new VectorInspector(config, names, partitions);
  }

  VectorProjector projector() {
    return new VectorProjector(config, names);
  }

  VectorSearch search() {
    return new VectorSearch(config, names);
  }

  /** What readers see, whether or not it was made. */
  QdrantCollection collection() {
    return collections.currentOrFirst();
  }

  VectorConfig config() {
    return config;
  }

  Names names() {
    return names;
  }

  VectorCollections collections() {
    return collections;
  }

  QdrantLink link() {
    return collections.link();
  }

  @Override
  public List<String> shown() {
    return points().stream()
        .filter(point -> point.containsPayload("kind"))
        .map(VectorFixture::line)
        .sorted()
        .toList();
  }

  @Override
  public String trace(MemoryEvent event) {
    Memory memory = Memory.of(event);
    return head(
        event.getTenant(),
        event.getSubject(),
        memory.memoryId(),
        HexFormat.of().formatHex(memory.contentHash()));
  }

  @Override
  public void wipe() {
    String name = collection().name();
    if (link().await(link().client().collectionExistsAsync(name))) {
      var unused = link().await(link().client().deleteCollectionAsync(name));
    }
  }

  @Override
  public Runnable copy() {
    List<PointStruct> copied = points().stream().map(VectorFixture::asWritten).toList();
    return () -> {
      wipe();
      if (!copied.isEmpty()) {
        collections.open().upsert(copied, Filter.getDefaultInstance());
      }
    };
  }

  @Override
  public void close() {
    wipe();
    collections.close();
  }

  /**
   * Returns when the server has built its search index of what is there; it then moves a point
   * elsewhere to change it, and builds the index again at once.
   */
  void index() {
    String name = collection().name();
    var unused =
        link()
            .await(
                link()
                    .client()
                    .updateCollectionAsync(
                        UpdateCollection.newBuilder()
                            .setCollectionName(name)
                            .setOptimizersConfig(
                                OptimizersConfigDiff.newBuilder().setIndexingThreshold(1))
                            .build()));
    await()
        .atMost(Duration.ofMinutes(1))
        .until(
            () -> link().await(link().client().getCollectionInfoAsync(name)),
            info ->
                info.getIndexedVectorsCount() > 0 && info.getStatus() == CollectionStatus.Green);
  }

  /** Every point, tombstones and positions too. */
  List<RetrievedPoint> points() {
    List<RetrievedPoint> points = new ArrayList<>();
    String name = collection().name();
    if (!link().await(link().client().collectionExistsAsync(name))) {
      return points;
    }
    ScrollPoints.Builder scroll =
        ScrollPoints.newBuilder()
            .setCollectionName(name)
            .setWithPayload(enable(true))
            .setWithVectors(WithVectorsSelectorFactory.enable(true))
            .setLimit(PAGE);
    while (true) {
      ScrollResponse page = link().await(link().client().scrollAsync(scroll.build()));
      points.addAll(page.getResultList());
      if (!page.hasNextPageOffset()) {
        return points;
      }
      scroll.setOffset(page.getNextPageOffset());
    }
  }

  /** Servers before 1.17 answer in the field that the client calls deprecated. */
  @SuppressWarnings("deprecation")
  static List<Float> vector(RetrievedPoint point) {
    VectorOutput vector = point.getVectors().getVector();
    return vector.hasDense() ? vector.getDense().getDataList() : vector.getDataList();
  }

  private static PointStruct asWritten(RetrievedPoint point) {
    return PointStruct.newBuilder()
        .setId(point.getId())
        .putAllPayload(point.getPayloadMap())
        .setVectors(vector(point).isEmpty() ? namedVectors(Map.of()) : vectors(vector(point)))
        .build();
  }

  private static String line(RetrievedPoint point) {
    Map<String, Value> payload = new TreeMap<>(point.getPayloadMap());
    payload.remove("epoch");
    String head =
        head(
            point.getPayloadOrThrow("tenant").getStringValue(),
            point.getPayloadOrThrow("subject").getStringValue(),
            point.getPayloadOrThrow("memory_id").getStringValue(),
            point.getPayloadOrThrow("content_hash").getStringValue());
    String vector =
        vector(point).stream()
            .map(value -> String.format(Locale.ROOT, "%.4f", value))
            .collect(Collectors.joining(","));
    return head + " " + text(payload) + " id=" + point.getId().getUuid() + " vector=" + vector;
  }

  private static String head(String tenant, String subject, String memoryId, String contentHash) {
    return "%s/%s/%s/%s".formatted(tenant, subject, memoryId, contentHash);
  }

  private static String text(Map<String, Value> payload) {
    return payload.entrySet().stream()
        .map(field -> field.getKey() + "=" + text(field.getValue()))
        .collect(Collectors.joining(" "));
  }

  private static String text(Value value) {
    return value.hasStructValue()
        ? "{" + text(new TreeMap<>(value.getStructValue().getFieldsMap())) + "}"
        : value.hasStringValue() ? value.getStringValue() : Long.toString(value.getIntegerValue());
  }
}
