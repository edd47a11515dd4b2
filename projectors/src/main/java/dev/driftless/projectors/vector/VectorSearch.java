package dev.driftless.projectors.vector;

import static io.qdrant.client.ConditionFactory.datetimeRange;
import static io.qdrant.client.ConditionFactory.filter;
import static io.qdrant.client.ConditionFactory.isEmpty;
import static io.qdrant.client.ConditionFactory.matchKeyword;
import static io.qdrant.client.PointIdFactory.id;
import static io.qdrant.client.QueryFactory.nearest;
import static io.qdrant.client.WithPayloadSelectorFactory.enable;

import com.google.protobuf.Timestamp;
import dev.driftless.events.MemoryKind;
import dev.driftless.schemas.Names;
import io.qdrant.client.grpc.Common.Condition;
import io.qdrant.client.grpc.Common.DatetimeRange;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.QueryPoints;
import io.qdrant.client.grpc.Points.ScrollPoints;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the vector view: what is neither forgotten nor expired at the given time, and always of one
 * tenant.
 *
 * <p>Throws what the driver throws, also if nothing was ever written. Safe to share between
 * threads.
 */
public final class VectorSearch implements AutoCloseable {

  private final VectorCollections collections;
  private final Embedder embedder;

  /** Connects when first asked, and loads the embedding model with the first search. */
  public VectorSearch(VectorConfig config, Names names) {
    collections = new VectorCollections(config, names);
    embedder = new Embedder(1);
  }

  /**
   * A memory that was found.
   *
   * @param score cosine of the angle between its text and the one searched for, at most 1; 0 where
   *     nothing was searched for
   * @param version log offset of the event that it shows
   */
  public record Hit(
      String memoryId,
      String subject,
      float score,
      MemoryKind kind,
      String text,
      long version,
      @Nullable Instant expiresAt) {

    /** Without the text. */
    @Override
    public String toString() {
      return "Hit[subject=%s, memoryId=%s, score=%.4f, version=%d]"
          .formatted(subject, memoryId, score, version);
    }
  }

  /**
   * The memories whose texts mean most nearly the same, best first.
   *
   * @param subject whose memories; null for all of the tenant's
   * @param limit at most so many, at least 1
   * @throws IllegalArgumentException if the text has no words
   */
  public List<Hit> search(
      String text, String tenant, @Nullable String subject, int limit, Instant now) {
    QdrantCollection collection = collections.currentOrFirst();
    float[] vector = embedder.embed(collection.model(), Set.of(text)).get(text);
    if (vector == null) {
      throw new IllegalArgumentException("a search needs a text with words");
    }
    QueryPoints query =
        QueryPoints.newBuilder()
            .setCollectionName(collection.name())
            .setQuery(nearest(vector))
            .setFilter(live(now).addAllMust(of(tenant, subject)))
            .setLimit(limit)
            .setWithPayload(enable(true))
            .build();
    return link().await(link().client().queryAsync(query)).stream()
        .map(point -> hit(point.getPayloadMap(), point.getScore()))
        .toList();
  }

  /** Memories in the order of their point ids. */
  public List<Hit> list(String tenant, @Nullable String subject, int limit, Instant now) {
    ScrollPoints scroll =
        ScrollPoints.newBuilder()
            .setCollectionName(collections.alias())
            .setFilter(live(now).addAllMust(of(tenant, subject)))
            .setLimit(limit)
            .setWithPayload(enable(true))
            .build();
    return link().await(link().client().scrollAsync(scroll)).getResultList().stream()
        .map(point -> hit(point.getPayloadMap(), 0))
        .toList();
  }

  /** This memory, if it is live. */
  public Optional<Hit> get(String tenant, String subject, String memoryId, Instant now) {
    return collections
        .currentOrFirst()
        .point(id(VectorProjector.pointId(tenant, subject, memoryId)))
        .map(point -> point.getPayloadMap())
        .filter(payload -> payload.containsKey("kind"))
        .map(payload -> hit(payload, 0))
        .filter(hit -> hit.expiresAt() == null || now.isBefore(hit.expiresAt()));
  }

  /** How many memories of all tenants are live. */
  public long rows(Instant now) {
    return link().await(link().client().countAsync(collections.alias(), live(now).build(), true));
  }

  @Override
  public void close() {
    embedder.close();
    collections.close();
  }

  private QdrantLink link() {
    return collections.link();
  }

  private static Filter.Builder live(Instant now) {
    Timestamp.Builder moment =
        Timestamp.newBuilder().setSeconds(now.getEpochSecond()).setNanos(now.getNano());
    DatetimeRange later = DatetimeRange.newBuilder().setGt(moment).build();
    Filter notExpired =
        Filter.newBuilder()
            .addShould(isEmpty("expires_at"))
            .addShould(datetimeRange("expires_at", later))
            .build();
    return Filter.newBuilder().addMustNot(isEmpty("kind")).addMust(filter(notExpired));
  }

  private static List<Condition> of(String tenant, @Nullable String subject) {
    Condition ofTenant = matchKeyword("tenant", tenant);
    return subject == null
        ? List.of(ofTenant)
        : List.of(ofTenant, matchKeyword("subject", subject));
  }

  private static Hit hit(Map<String, Value> payload, float score) {
    Value expiresAt = payload.get("expires_at");
    return new Hit(
        text(payload, "memory_id"),
        text(payload, "subject"),
        score,
        MemoryKind.valueOf(text(payload, "kind")),
        text(payload, "text"),
        field(payload, "version").getIntegerValue(),
        expiresAt == null ? null : Instant.parse(expiresAt.getStringValue()));
  }

  private static String text(Map<String, Value> payload, String name) {
    return field(payload, name).getStringValue();
  }

  private static Value field(Map<String, Value> payload, String name) {
    Value field = payload.get(name);
    if (field == null) {
      throw new IllegalStateException("a memory's point lacks " + name);
    }
    return field;
  }
}
