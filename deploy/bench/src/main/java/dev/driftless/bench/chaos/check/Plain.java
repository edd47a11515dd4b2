package dev.driftless.bench.chaos.check;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Values as text, so that what a store holds and what the log says can be compared. */
final class Plain {

  private Plain() {}

  static @Nullable String text(@Nullable Object value) {
    return value == null ? null : value.toString();
  }

  /** Of JSON, of what Avro reads, and of plain Java values; keys in their order. */
  static String of(@Nullable Object value) {
    if (value instanceof JsonNode node) {
      return ofJson(node);
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, String> sorted = new TreeMap<>();
      map.forEach((name, v) -> sorted.put(String.valueOf(name), of(v)));
      return sorted.toString();
    }
    if (value instanceof Collection<?> list) {
      return list.stream().map(Plain::of).collect(Collectors.joining(", ", "[", "]"));
    }
    return String.valueOf(value);
  }

  private static String ofJson(JsonNode node) {
    if (node.isObject()) {
      Map<String, String> sorted = new TreeMap<>();
      node.properties().forEach(e -> sorted.put(e.getKey(), ofJson(e.getValue())));
      return sorted.toString();
    }
    if (node.isArray()) {
      return node.valueStream().map(Plain::ofJson).collect(Collectors.joining(", ", "[", "]"));
    }
    return node.asText();
  }
}
