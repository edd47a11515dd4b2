package dev.driftless.projectors.vector;

import static io.qdrant.client.ConditionFactory.filter;
import static io.qdrant.client.ConditionFactory.hasId;
import static io.qdrant.client.ConditionFactory.isEmpty;
import static io.qdrant.client.ConditionFactory.match;
import static io.qdrant.client.ConditionFactory.matchKeyword;
import static io.qdrant.client.ConditionFactory.range;
import static io.qdrant.client.WithPayloadSelectorFactory.include;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.Repair;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Common.PointId;
import io.qdrant.client.grpc.Common.Range;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Writes single points anew, whatever they hold, and takes away those that no event made.
 *
 * <p>Between the check of the position and the write a successor may take the partition over, and
 * what it wrote since must stay: its points have a later epoch, and the server writes or deletes
 * none of those. A point may also claim a later epoch that nobody has, for somebody edited it or
 * copied it from elsewhere. It is told by the order of reading: whoever writes under an epoch has
 * put it at the position before, so an epoch that was read in a point and is above the one read
 * afterwards at the position belongs to no writer. Such a point is written while it still says what
 * was read.
 *
 * <p>An offset protects no point, unlike in a batch: the position is the repair's, so what is
 * beyond it is either made up, or of a batch that is yet to come again and is put back by it.
 */
final class PointRepair {

  private static final List<String> FIELDS =
      Stream.concat(PointNames.FIELDS.stream(), Stream.of("epoch", "offset")).toList();

  private final QdrantCollection collection;
  private final MemoryPoints memories;

  PointRepair(QdrantCollection collection, MemoryPoints memories) {
    this.collection = collection;
    this.memories = memories;
  }

  /**
   * What a repair is about to write.
   *
   * @param collection where
   * @param ifOurs which stored points may be written or deleted
   * @param strays each as it was read
   */
  record Plan(
      QdrantCollection collection,
      List<PointStruct> toBe,
      List<PointId> toGo,
      Filter ifOurs,
      List<Filter> strays) {

    /** Points hold the text of memories. */
    @Override
    public String toString() {
      return "Plan[toBe=%d, toGo=%d]".formatted(toBe.size(), toGo.size());
    }
  }

  /** Reads; to be called before the position is checked. */
  Plan plan(Repair repair) {
    List<PointStruct> toBe = new ArrayList<>();
    List<PointId> toGo = new ArrayList<>();
    Set<PointId> strays = new HashSet<>();
    List<Optional<PointStruct>> points =
        memories.of(collection.model(), repair.histories(), repair.epoch());
    for (int i = 0; i < points.size(); i++) {
      Entity entity = repair.histories().get(i).entity();
      Collection<PointId> gone = entity.kind() == Kind.MEMORY ? toGo : strays;
      points.get(i).ifPresentOrElse(toBe::add, () -> gone.add(PointNames.of(entity)));
    }
    List<PointId> ids = repair.histories().stream().map(h -> PointNames.of(h.entity())).toList();
    List<RetrievedPoint> stored = collection.points(ids, include(FIELDS), false);
    List<Filter> stillStrays =
        stored.stream()
            .filter(point -> strays.contains(point.getId()))
            .filter(point -> PointNames.memory(point) == null && !PointNames.isPosition(point))
            .map(point -> asRead(point, FIELDS))
            .toList();
    return new Plan(collection, toBe, toGo, notOfASuccessor(repair.epoch(), stored), stillStrays);
  }

  /** To be called after the position was checked. */
  static void write(Plan plan) {
    QdrantCollection collection = plan.collection();
    collection.update(
        MemoryPoints.operations(List.of(new MemoryPoints.Write(plan.toBe(), plan.ifOurs()))));
    if (!plan.toGo().isEmpty()) {
      collection.delete(
          Filter.newBuilder().addMust(hasId(plan.toGo())).addMust(filter(plan.ifOurs())).build());
    }
    plan.strays().forEach(collection::delete);
  }

  private static Filter notOfASuccessor(long epoch, List<RetrievedPoint> stored) {
    Range later = Range.newBuilder().setGt((double) epoch).build();
    Filter notLater = Filter.newBuilder().addMustNot(range("epoch", later)).build();
    Filter.Builder either = Filter.newBuilder().addShould(filter(notLater));
    for (RetrievedPoint point : stored) {
      Value claimed = point.getPayloadMap().get("epoch");
      if (claimed != null && !(claimed.hasIntegerValue() && claimed.getIntegerValue() <= epoch)) {
        either.addShould(filter(asRead(point, List.of("epoch"))));
      }
    }
    return either.build();
  }

  /**
   * This point, if these fields are still as they were read; of a field that holds what no writer
   * writes, nothing is asked.
   */
  private static Filter asRead(RetrievedPoint point, List<String> fields) {
    Filter.Builder same = Filter.newBuilder().addMust(hasId(point.getId()));
    for (String field : fields) {
      Value value = point.getPayloadMap().get(field);
      if (value == null) {
        same.addMust(isEmpty(field));
      } else if (value.hasStringValue()) {
        same.addMust(matchKeyword(field, value.getStringValue()));
      } else if (value.hasIntegerValue()) {
        same.addMust(match(field, value.getIntegerValue()));
      }
    }
    return same.build();
  }
}
