package dev.driftless.schemas;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.avro.Schema;

/**
 * A schema as every language knows it: without the notes to Java that the generated classes carry.
 * This is what is registered, so that a client which brings the published {@code MemoryEvent.avsc}
 * finds it there.
 */
final class PlainSchema {

  private static final ObjectMapper JSON = new ObjectMapper();

  private PlainSchema() {}

  static Schema of(Schema generated) {
    try {
      JsonNode tree = JSON.readTree(generated.toString());
      strip(tree);
      return new Schema.Parser().parse(tree.toString());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a schema writes itself as JSON", e);
    }
  }

  private static void strip(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.remove("avro.java.string");
    }
    node.forEach(PlainSchema::strip);
  }
}
