package dev.driftless.bench.chaos.check;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;

/** The schemas of a Confluent-compatible registry, by plain HTTP. */
final class Schemas {

  private final String registryUrl;
  private final Map<Integer, Schema> known = new HashMap<>();

  Schemas(String registryUrl) {
    this.registryUrl = registryUrl;
  }

  Schema byId(int id) {
    return known.computeIfAbsent(id, this::fetch);
  }

  private Schema fetch(int id) {
    JsonNode answer = Http.get(URI.create(registryUrl + "/schemas/ids/" + id));
    return new Schema.Parser().parse(answer.get("schema").asText());
  }
}
