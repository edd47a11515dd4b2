package dev.driftless.schemas;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.driftless.events.MemoryEvent;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificData;
import org.jspecify.annotations.Nullable;

/**
 * Events as JSON that people write: the fields of the envelope by name, {@code "type"} with the
 * payload's name, and {@code "payload"} with its fields. Times are ISO-8601, bytes are base64 (an
 * embedding's vector may also be an array of numbers), fields with a default may be left out,
 * unknown ones are refused.
 *
 * <pre>{@code
 * {"eventId":"e1","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia","agent":"helper",
 *  "type":"MemoryRecorded","payload":{"memoryId":"m1","kind":"SEMANTIC","text":"prefers aisle seats"}}
 * }</pre>
 */
public final class EventJson {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final Schema ENVELOPE = MemoryEvent.getClassSchema();
  private static final Map<String, EventType> TYPES =
      Arrays.stream(EventType.values()).collect(Collectors.toMap(EventType::label, t -> t));

  static {
    TrustedClasses.load();
  }

  private EventJson() {}

  /**
   * Reads one event.
   *
   * @throws EventFormatException naming the field, what is expected there and what was found
   */
  public static MemoryEvent read(String json) {
    JsonNode node;
    try {
      node = JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new EventFormatException("not JSON: " + e.getOriginalMessage());
    }
    if (!node.isObject()) {
      throw new EventFormatException("expected a JSON object, found " + describe(node));
    }
    ObjectNode envelope = ((ObjectNode) node).deepCopy();
    EventType type = type(envelope.remove("type"));
    return (MemoryEvent) record(envelope, ENVELOPE, "", type);
  }

  /** Writes one event on one line; what {@link #read} reads back equal. */
  public static String write(MemoryEvent event) {
    ObjectNode node = (ObjectNode) node(event, ENVELOPE);
    JsonNode payload = node.remove("payload");
    node.put("type", EventType.of(event).label());
    node.set("payload", payload);
    return node.toString();
  }

  private static EventType type(@Nullable JsonNode node) {
    EventType type = node == null ? null : TYPES.get(node.asText());
    if (type == null) {
      throw new EventFormatException(
          "type: expected one of "
              + TYPES.keySet().stream().sorted().toList()
              + ", found "
              + describe(node));
    }
    return type;
  }

  private static Object record(
      JsonNode node, Schema schema, String path, @Nullable EventType type) {
    expect(node.isObject(), path, "an object", node);
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (schema.getField(name) == null) {
        throw new EventFormatException(at(path, name) + ": unknown field");
      }
    }
    IndexedRecord record = (IndexedRecord) SpecificData.get().newRecord(null, schema);
    for (Schema.Field field : schema.getFields()) {
      Schema expected =
          type != null && field.name().equals("payload") ? type.schema() : field.schema();
      record.put(
          field.pos(), field(node.get(field.name()), field, expected, at(path, field.name())));
    }
    return record;
  }

  private static @Nullable Object field(
      @Nullable JsonNode node, Schema.Field field, Schema schema, String path) {
    if (node != null) {
      return value(node, schema, path);
    }
    if (!field.hasDefaultValue()) {
      throw new EventFormatException(path + ": missing");
    }
    // a copy, since the default itself is shared by all who ask
    return SpecificData.get().deepCopy(schema, SpecificData.get().getDefaultValue(field));
  }

  private static @Nullable Object value(JsonNode node, Schema schema, String path) {
    return switch (schema.getType()) {
      case RECORD -> record(node, schema, path, null);
      case UNION -> node.isNull() ? null : value(node, schema.getTypes().get(1), path);
      case STRING -> {
        expect(node.isTextual(), path, "a string", node);
        yield node.textValue();
      }
      case ENUM -> enumValue(node, schema, path);
      case LONG -> instant(node, path);
      case DOUBLE -> {
        expect(node.isNumber(), path, "a number", node);
        yield node.doubleValue();
      }
      case BYTES -> bytes(node, path);
      case ARRAY -> {
        expect(node.isArray(), path, "an array", node);
        List<@Nullable Object> items = new ArrayList<>();
        for (JsonNode item : node) {
          items.add(value(item, schema.getElementType(), path + "[" + items.size() + "]"));
        }
        yield items;
      }
      case MAP -> {
        expect(node.isObject(), path, "an object", node);
        Map<String, @Nullable Object> entries = new LinkedHashMap<>();
        node.properties()
            .forEach(
                e ->
                    entries.put(
                        e.getKey(),
                        value(e.getValue(), schema.getValueType(), at(path, e.getKey()))));
        yield entries;
      }
      default -> throw new IllegalStateException("no JSON form for " + schema);
    };
  }

  private static Object enumValue(JsonNode node, Schema schema, String path) {
    expect(
        schema.getEnumSymbols().contains(node.asText()),
        path,
        "one of " + schema.getEnumSymbols(),
        node);
    return SpecificData.get().createEnum(node.asText(), schema);
  }

  private static Instant instant(JsonNode node, String path) {
    try {
      return Instant.ofEpochMilli(Instant.parse(node.asText()).toEpochMilli());
    } catch (DateTimeParseException | ArithmeticException e) {
      throw new EventFormatException(
          path
              + ": expected an ISO-8601 instant such as 2026-05-01T15:00:00Z, found "
              + describe(node));
    }
  }

  private static ByteBuffer bytes(JsonNode node, String path) {
    if (node.isArray()) {
      ByteBuffer floats =
          ByteBuffer.allocate(node.size() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      for (JsonNode item : node) {
        expect(item.isNumber(), path, "an array of numbers", item);
        floats.putFloat(item.floatValue());
      }
      return floats.flip().order(ByteOrder.BIG_ENDIAN);
    }
    try {
      expect(node.isTextual(), path, "base64 text or an array of numbers", node);
      return ByteBuffer.wrap(Base64.getDecoder().decode(node.textValue()));
    } catch (IllegalArgumentException e) {
      throw new EventFormatException(path + ": not base64: " + e.getMessage());
    }
  }

  private static JsonNode node(@Nullable Object value, Schema schema) {
    if (value == null) {
      return NODES.nullNode();
    }
    return switch (schema.getType()) {
      case RECORD -> {
        ObjectNode object = NODES.objectNode();
        IndexedRecord record = (IndexedRecord) value;
        for (Schema.Field field : record.getSchema().getFields()) {
          Object content = record.get(field.pos());
          if (content != null) {
            object.set(field.name(), node(content, field.schema()));
          }
        }
        yield object;
      }
      case UNION ->
          node(value, schema.getTypes().get(SpecificData.get().resolveUnion(schema, value)));
      case LONG -> NODES.textNode(value.toString());
      case DOUBLE -> NODES.numberNode((Double) value);
      case BYTES -> NODES.textNode(Base64.getEncoder().encodeToString(array((ByteBuffer) value)));
      case ARRAY -> {
        var array = NODES.arrayNode();
        ((List<?>) value).forEach(item -> array.add(node(item, schema.getElementType())));
        yield array;
      }
      case MAP -> {
        ObjectNode object = NODES.objectNode();
        ((Map<?, ?>) value)
            .forEach((k, v) -> object.set(k.toString(), node(v, schema.getValueType())));
        yield object;
      }
      default -> NODES.textNode(value.toString());
    };
  }

  private static byte[] array(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  private static void expect(boolean holds, String path, String expected, JsonNode found) {
    if (!holds) {
      throw new EventFormatException(
          path + ": expected " + expected + ", found " + describe(found));
    }
  }

  private static String describe(@Nullable JsonNode node) {
    if (node == null) {
      return "nothing";
    }
    String text = node.isTextual() ? "'" + node.textValue() + "'" : node.toString();
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }

  private static String at(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }
}
