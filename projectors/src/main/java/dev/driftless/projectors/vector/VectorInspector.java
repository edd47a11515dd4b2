package dev.driftless.projectors.vector;

import static io.qdrant.client.WithPayloadSelectorFactory.enable;
import static io.qdrant.client.WithPayloadSelectorFactory.include;

import dev.driftless.projectors.BucketDigests;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.Held;
import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.ReadCost;
import dev.driftless.schemas.Names;
import io.qdrant.client.grpc.Common.PointId;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import io.qdrant.client.grpc.Points.ScrollResponse;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the vector view holds: of each memory its point, or the tombstone of a forgotten one, as one
 * row named {@code point}. A point whose payload does not give its id is a stray, named by its id.
 *
 * <p>Qdrant has no snapshots to read from. A partition's position is read before the points, and
 * written after them, so a point may show more than the position says, never less: each is as of
 * the greater of the two.
 */
public final class VectorInspector implements Inspector {

  /** So that an answer stays small even if every text is as long as a record can be. */
  private static final int READ_PAGE = 200;

  private static final int SCROLL_PAGE = 1_000;

  private final VectorCollections collections;
  private final MemoryPoints memories;
  private final int partitions;

  /** What was behind the alias at the last look, and is expected to have vectors of its model. */
  private @Nullable QdrantCollection seen;

  private ReadCost cost = ReadCost.NONE;

  /**
   * Connects when first asked, and loads the embedding model with the first text.
   *
   * @param partitions of the log
   */
  public VectorInspector(VectorConfig config, Names names, int partitions) {
    this.collections = new VectorCollections(config, names);
    this.memories = new MemoryPoints(config);
    this.partitions = partitions;
  }

  @Override
  public String view() {
    return VectorProjector.VIEW;
  }

  @Override
  public Set<Kind> sources() {
    return Set.of(Kind.MEMORY);
  }

  @Override
  public List<Entity> changedBy(Entity source) {
    return source.kind() == Kind.MEMORY ? List.of(source) : List.of();
  }

  @Override
  public List<List<HeldRow>> expected(List<History> histories) {
    QdrantCollection collection = seen == null ? look() : seen;
    return memories.of(collection.model(), histories, 0).stream()
        .map(point -> point.map(p -> List.of(PointContent.of(p).row())).orElse(List.of()))
        .toList();
  }

  @Override
  public List<Held> read(List<Entity> entities) {
    QdrantCollection collection = look();
    long[] offsets = new Positions(collection).offsets(partitions);
    cost = cost.plus(new ReadCost(partitions, partitions));
    Map<PointId, RetrievedPoint> points = points(collection, entities);
    return entities.stream()
        .map(e -> held(e, offsets[e.partition(partitions)], points.get(PointNames.of(e))))
        .toList();
  }

  @Override
  public @Nullable BucketDigests buckets() {
    return null;
  }

  @Override
  public void entities(BitSet buckets, Consumer<Entity> found) {
    QdrantCollection collection = look();
    PointId from = null;
    do {
      ScrollResponse page = collection.scroll(from, SCROLL_PAGE, include(PointNames.FIELDS));
      cost = cost.plus(new ReadCost(page.getResultCount(), page.getResultCount()));
      for (RetrievedPoint point : page.getResultList()) {
        Entity entity = entity(point);
        if (entity != null && (entity.kind() == Kind.STRAY || buckets.get(entity.bucket()))) {
          found.accept(entity);
        }
      }
      from = page.hasNextPageOffset() ? page.getNextPageOffset() : null;
    } while (from != null);
  }

  @Override
  public List<String> contents(Entity entity) {
    return points(look(), List.of(entity)).values().stream()
        .map(point -> PointContent.of(point).json())
        .toList();
  }

  @Override
  public ReadCost cost() {
    return cost;
  }

  @Override
  public boolean isTransient(Exception e) {
    return VectorProjector.maySucceedLater(e);
  }

  @Override
  public void close() {
    memories.close();
    collections.close();
  }

  private QdrantCollection look() {
    QdrantCollection collection = collections.currentOrFirst();
    seen = collection;
    return collection;
  }

  private Map<PointId, RetrievedPoint> points(QdrantCollection collection, List<Entity> entities) {
    List<PointId> ids = entities.stream().map(PointNames::of).toList();
    List<RetrievedPoint> points = new ArrayList<>();
    for (int from = 0; from < ids.size(); from += READ_PAGE) {
      List<PointId> page = ids.subList(from, Math.min(ids.size(), from + READ_PAGE));
      points.addAll(collection.points(page, enable(true), true));
    }
    cost = cost.plus(new ReadCost(ids.size(), points.size()));
    Map<PointId, RetrievedPoint> byId = new HashMap<>();
    points.forEach(point -> byId.put(point.getId(), point));
    return byId;
  }

  private Held held(Entity entity, long position, @Nullable RetrievedPoint point) {
    boolean isStrayNoMore = entity.kind() == Kind.STRAY && point != null && !isStray(point);
    if (point == null || isStrayNoMore) {
      return new Held(entity, position, List.of());
    }
    PointContent content = PointContent.of(point);
    long next = Math.min(content.offset(), Long.MAX_VALUE - 1) + 1;
    return new Held(entity, Math.max(position, next), List.of(content.row()));
  }

  private boolean isStray(RetrievedPoint point) {
    Entity entity = entity(point);
    return entity != null && entity.kind() == Kind.STRAY;
  }

  /** The memory or the stray; null if the point is a partition's. */
  private @Nullable Entity entity(RetrievedPoint point) {
    if (point.getId().hasNum() && Long.compareUnsigned(point.getId().getNum(), partitions) < 0) {
      return null;
    }
    Entity memory = PointNames.memory(point);
    return memory == null ? PointNames.stray(point) : memory;
  }
}
