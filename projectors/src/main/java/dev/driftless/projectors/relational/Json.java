package dev.driftless.projectors.relational;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;

/** Attributes from the text of a {@code jsonb} column. */
final class Json {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final TypeReference<Map<String, String>> ATTRIBUTES = new TypeReference<>() {};

  private Json() {}

  static Map<String, String> map(String json) {
    try {
      return MAPPER.readValue(json, ATTRIBUTES);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(
          "attributes in the table are not a JSON object of strings", e);
    }
  }
}
