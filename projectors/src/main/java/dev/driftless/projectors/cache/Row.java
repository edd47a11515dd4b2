package dev.driftless.projectors.cache;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The fields of a hash, a stream entry or a JSON object, as {@link Fields} wrote them. */
record Row(Map<String, String> fields) {

  private static final ObjectMapper JSON = new ObjectMapper();

  static Row of(String json) {
    Map<String, String> fields = new HashMap<>();
    for (Map.Entry<String, JsonNode> field :
        read(json, new TypeReference<JsonNode>() {}).properties()) {
      JsonNode value = field.getValue();
      fields.put(field.getKey(), value.isTextual() ? value.textValue() : value.toString());
    }
    return new Row(fields);
  }

  boolean isEmpty() {
    return fields.isEmpty();
  }

  @Nullable String find(String name) {
    return fields.get(name);
  }

  String text(String name) {
    return Objects.requireNonNull(fields.get(name), name);
  }

  long number(String name) {
    return Long.parseLong(text(name));
  }

  Instant time(String name) {
    return Instant.ofEpochMilli(number(name));
  }

  @Nullable Instant findTime(String name) {
    return find(name) == null ? null : time(name);
  }

  List<String> list(String name) {
    return read(text(name), new TypeReference<>() {});
  }

  Map<String, String> map(String name) {
    return read(text(name), new TypeReference<>() {});
  }

  private static <T> T read(String json, TypeReference<T> type) {
    try {
      return JSON.readValue(json, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("not as the cache projector writes it", e);
    }
  }
}
