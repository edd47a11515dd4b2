package dev.driftless.projectors.vector;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.driftless.projectors.ContentHash;
import dev.driftless.projectors.HeldRow;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import io.qdrant.client.grpc.Points.Vector;
import io.qdrant.client.grpc.Points.VectorOutput;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a point holds, written or to be written.
 *
 * @param payload with its epoch
 * @param vector null if it has none
 */
record PointContent(Map<String, Value> payload, float @Nullable [] vector) {

  private static final String ROW = "point";
  private static final ObjectMapper JSON = new ObjectMapper();

  static PointContent of(PointStruct point) {
    return new PointContent(point.getPayloadMap(), vector(point.getVectors().getVector()));
  }

  static PointContent of(RetrievedPoint point) {
    return new PointContent(point.getPayloadMap(), vector(point.getVectors().getVector()));
  }

  /** The offset of the event that it shows; -1 if it does not say. */
  long offset() {
    Value offset = payload.get("offset");
    return offset != null && offset.hasIntegerValue() ? offset.getIntegerValue() : -1;
  }

  /** Of all but the epoch: who wrote it makes no difference. */
  HeldRow row() {
    SortedMap<String, @Nullable Object> fields = plain(payload);
    fields.remove("epoch");
    byte[] hash =
        new ContentHash().add(json(fields)).add(vector == null ? null : "vector").digest();
    return new HeldRow(ROW, offset(), ByteBuffer.wrap(hash).getLong(), vector, null);
  }

  String json() {
    SortedMap<String, @Nullable Object> all = new TreeMap<>();
    all.put("payload", plain(payload));
    all.put("vector", vector);
    return json(all);
  }

  /** Without the text. */
  @Override
  public String toString() {
    return "PointContent[offset=%d]".formatted(offset());
  }

  /** In the order of the keys, so that equal fields have equal text. */
  private static SortedMap<String, @Nullable Object> plain(Map<String, Value> fields) {
    SortedMap<String, @Nullable Object> plain = new TreeMap<>();
    fields.forEach((name, value) -> plain.put(name, plain(value)));
    return plain;
  }

  private static @Nullable Object plain(Value value) {
    return switch (value.getKindCase()) {
      case STRING_VALUE -> value.getStringValue();
      case INTEGER_VALUE -> value.getIntegerValue();
      case DOUBLE_VALUE -> value.getDoubleValue();
      case BOOL_VALUE -> value.getBoolValue();
      case STRUCT_VALUE -> plain(value.getStructValue().getFieldsMap());
      case LIST_VALUE ->
          value.getListValue().getValuesList().stream().map(PointContent::plain).toArray();
      case NULL_VALUE, KIND_NOT_SET -> null;
    };
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("strings, numbers, lists and maps have a JSON form", e);
    }
  }

  private static float @Nullable [] vector(Vector written) {
    return floats(written.hasDense() ? written.getDense().getDataList() : List.of());
  }

  /** Servers before 1.17 answer in the field that the client calls deprecated. */
  @SuppressWarnings("deprecation")
  private static float @Nullable [] vector(VectorOutput stored) {
    return floats(stored.hasDense() ? stored.getDense().getDataList() : stored.getDataList());
  }

  private static float @Nullable [] floats(List<Float> values) {
    if (values.isEmpty()) {
      return null;
    }
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i);
    }
    return floats;
  }
}
