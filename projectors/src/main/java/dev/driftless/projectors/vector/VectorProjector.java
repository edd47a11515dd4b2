package dev.driftless.projectors.vector;

import static io.qdrant.client.ConditionFactory.range;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;
import dev.driftless.schemas.Names;
import io.grpc.StatusRuntimeException;
import io.qdrant.client.QdrantException;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Common.Range;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.PointsUpdateOperation;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * The memories in Qdrant 1.16 or later, to be found by meaning.
 *
 * <pre>
 * alias       driftless-memories             what readers see; with the installation's name and - before it, if it
 *                                            has one
 * alias       driftless-memories-spare       the spare generation, if there is one
 * alias       driftless-memories-turn-{n}    how often commands changed the aliases: see {@link VectorGenerations}
 * alias       driftless-memories-dropped-{n} a generation that is being deleted
 * collection  driftless-memories-{model}     one per generation, with -{number} from the second one on; has vectors
 *                                            of one model; cosine, one shard
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
 * <p>Writes go to the collection itself that was behind the alias when the partition was acquired,
 * so that a switch of generations makes no writer of the one a writer of the other: {@link #stored}
 * sees that the alias leads elsewhere, and the partition is acquired again.
 *
 * <p>Batches of several partitions are two requests if they are not too large: are the partitions
 * still ours and where we left them; the points, and then the positions. Points are written under
 * one condition that the server checks for each of them as it writes it: the stored one, if there
 * is any, must not be of a later epoch, nor of an offset at or beyond the batch's end. So no point
 * ever goes back, whatever arrives how late, and with whatever borders it was cut: what is stored
 * from within the batch's range is of the batch's last event of that memory or of an earlier one,
 * and what is beyond stays. An absent point is written always, hence the forgotten ones. Then the
 * vectors of the points that have none are deleted, which the server would keep if it had indexed
 * them, under the condition that nobody has written these points since. A crash leaves points ahead
 * of the position, never behind it. {@link MemoryPoints} makes the points, {@link PointRepair}
 * replaces single ones.
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

  private final VectorCollections collections;
  private final MemoryPoints memories;

  /** Where each partition was acquired; written to until it is acquired again. */
  private final Map<Integer, QdrantCollection> acquired = new ConcurrentHashMap<>();

  /** Opens the view; connects when first asked. */
  public VectorProjector(VectorConfig config, Names names) {
    collections = new VectorCollections(config, names);
    memories = new MemoryPoints(config);
  }

  @Override
  public String view() {
    return VIEW;
  }

  @Override
  public Fence acquire(int partition) {
    QdrantCollection collection = collections.open();
    acquired.put(partition, collection);
    return new Positions(collection).acquire(partition);
  }

  @Override
  public Fence stored(int partition) {
    return stored(List.of(partition)).get(0);
  }

  @Override
  public List<Fence> stored(List<Integer> partitions) {
    return collections
        .current()
        .map(collection -> new Positions(collection).stored(partitions))
        .orElseGet(() -> Collections.nCopies(partitions.size(), Fence.NONE));
  }

  @Override
  public void apply(Batch batch) {
    apply(List.of(batch));
  }

  /** Partitions that were acquired in different generations are not in the same requests. */
  @Override
  public void apply(List<Batch> batches) {
    batches.stream()
        .collect(Collectors.groupingBy(batch -> at(batch.partition()).name()))
        .values()
        .forEach(this::applyToOne);
  }

  private void applyToOne(List<Batch> batches) {
    QdrantCollection collection = at(batches.get(0).partition());
    Iterator<List<PointStruct>> points = memories.of(collection.model(), batches).iterator();
    List<PointsUpdateOperation> operations =
        MemoryPoints.operations(batches.stream().map(b -> writing(points.next(), b)).toList());
    batches.forEach(batch -> operations.add(Positions.advance(batch)));
    new Positions(collection).check(batches);
    collection.update(operations);
  }

  List<PointStruct> points(Batch batch) {
    return memories.of(at(batch.partition()).model(), List.of(batch)).get(0);
  }

  void write(List<PointStruct> points, Batch batch) {
    at(batch.partition()).update(MemoryPoints.operations(List.of(writing(points, batch))));
  }

  private static MemoryPoints.Write writing(List<PointStruct> points, Batch batch) {
    return new MemoryPoints.Write(points, notNewerThan(batch));
  }

  @Override
  public void repair(Repair repair) {
    PointRepair.Plan plan = plan(repair);
    new Positions(plan.collection()).check(repair.partition(), repair.epoch(), repair.position());
    PointRepair.write(plan);
  }

  PointRepair.Plan plan(Repair repair) {
    return new PointRepair(at(repair.partition()), memories).plan(repair);
  }

  private QdrantCollection at(int partition) {
    QdrantCollection collection = acquired.get(partition);
    return collection == null ? collections.currentOrFirst() : collection;
  }

  @Override
  public boolean isTransient(Exception e) {
    return maySucceedLater(e);
  }

  static boolean maySucceedLater(Exception e) {
    if (e instanceof StatusRuntimeException answer) {
      return switch (answer.getStatus().getCode()) {
        case INVALID_ARGUMENT, OUT_OF_RANGE -> false;
        default -> true; // the store is away, busy, full, closed to us, or being put back
      };
    }
    // an answer that says no without a reason; a model that this process cannot load, for example
    // because it is just ending, which is no event's fault
    return e instanceof QdrantException
        || e instanceof ModelAwayException
        || e.getCause() instanceof LinkageError;
  }

  @Override
  public void close() {
    memories.close();
    collections.close();
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
