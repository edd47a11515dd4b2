package dev.driftless.projectors.vector;

import static io.qdrant.client.PointIdFactory.id;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
import io.qdrant.client.grpc.Common.PointId;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which point is whose: a memory's has the id that its payload gives, a partition's has its number,
 * and every other one is a stray.
 */
final class PointNames {

  /** The payload that tells. */
  static final List<String> FIELDS = List.of("tenant", "subject", "memory_id", "partition");

  private PointNames() {}

  /** The point that a memory has, or that a stray is. */
  static PointId of(Entity entity) {
    if (entity.kind() == Kind.MEMORY) {
      return id(VectorProjector.pointId(entity.tenant(), entity.subject(), entity.id()));
    }
    return entity.id().indexOf('-') > 0
        ? id(UUID.fromString(entity.id()))
        : id(Long.parseUnsignedLong(entity.id()));
  }

  /** The memory whose point this is; null if its payload does not give its id. */
  static @Nullable Entity memory(RetrievedPoint point) {
    Map<String, Value> payload = point.getPayloadMap();
    Entity memory =
        new Entity(
            Kind.MEMORY,
            text(payload, "tenant"),
            text(payload, "subject"),
            "",
            text(payload, "memory_id"));
    return hasId(memory) && of(memory).equals(point.getId()) ? memory : null;
  }

  /** The point as a stray, whether or not it is one. */
  static Entity stray(RetrievedPoint point) {
    PointId id = point.getId();
    return Entity.stray(id.hasNum() ? Long.toUnsignedString(id.getNum()) : id.getUuid());
  }

  /** True if its payload says that it is the position of the partition of its number. */
  static boolean isPosition(RetrievedPoint point) {
    Value partition = point.getPayloadMap().get("partition");
    return point.getId().hasNum()
        && partition != null
        && partition.getIntegerValue() == point.getId().getNum();
  }

  private static boolean hasId(Entity memory) {
    return memory.tenant().indexOf('\0') < 0 && memory.subject().indexOf('\0') < 0;
  }

  private static String text(Map<String, Value> payload, String name) {
    Value value = payload.get(name);
    return value == null ? "" : value.getStringValue();
  }
}
