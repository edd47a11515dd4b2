package dev.driftless.projectors.postgres;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * JSON exactly as PostgreSQL prints a {@code jsonb}: keys by the length of their UTF-8 and then by
 * its bytes, a space after each comma and colon, and nothing escaped that need not be.
 */
final class Jsonb {

  private static final Comparator<String> KEYS =
      Comparator.<String>comparingInt(key -> key.getBytes(UTF_8).length)
          .thenComparing(key -> key.getBytes(UTF_8), Arrays::compareUnsigned);

  private Jsonb() {}

  /** The text of a string, whole number, boolean, list or map of them, or null. */
  static String of(@Nullable Object value) {
    StringBuilder json = new StringBuilder();
    append(json, value);
    return json.toString();
  }

  private static void append(StringBuilder json, @Nullable Object value) {
    if (value instanceof String text) {
      appendText(json, text);
    } else if (value instanceof List<?> items) {
      appendList(json, items);
    } else if (value instanceof Map<?, ?> entries) {
      appendMap(json, entries);
    } else if (value == null || value instanceof Number || value instanceof Boolean) {
      json.append(value);
    } else {
      throw new IllegalArgumentException("no JSON form is defined of " + value.getClass());
    }
  }

  private static void appendList(StringBuilder json, List<?> items) {
    String separator = "[";
    for (Object item : items) {
      json.append(separator);
      append(json, item);
      separator = ", ";
    }
    json.append(items.isEmpty() ? "[]" : "]");
  }

  private static void appendMap(StringBuilder json, Map<?, ?> entries) {
    Map<String, @Nullable Object> sorted = new TreeMap<>(KEYS);
    entries.forEach((key, value) -> sorted.put((String) key, value));
    String separator = "{";
    for (Map.Entry<String, @Nullable Object> entry : sorted.entrySet()) {
      appendText(json.append(separator), entry.getKey());
      append(json.append(": "), entry.getValue());
      separator = ", ";
    }
    json.append(entries.isEmpty() ? "{}" : "}");
  }

  private static void appendText(StringBuilder json, String text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        case '\b' -> json.append("\\b");
        case '\f' -> json.append("\\f");
        case '\n' -> json.append("\\n");
        case '\r' -> json.append("\\r");
        case '\t' -> json.append("\\t");
        default -> {
          if (c < ' ') {
            json.append("\\u%04x".formatted((int) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    json.append('"');
  }
}
