package dev.driftless.bench.chaos.check;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/**
 * The points of the alias {@code driftless-memories}: one for each memory, also for a forgotten
 * one. A vector that the event brought is compared by its longest component; of a computed one only
 * that it is there, with length 1.
 */
final class VectorView implements CheckedView {

  private static final UUID NAMESPACE = UUID.fromString("d01e151b-1730-5a6c-b75c-3bcb725e510f");
  private static final int PAGE = 1_000;

  private final Stores stores;

  VectorView(Stores stores) {
    this.stores = stores;
  }

  @Override
  public String name() {
    return "vector";
  }

  @Override
  public Map<String, Fact> expected(List<LoggedRecord> log) {
    Map<String, Fact> facts = new LinkedHashMap<>();
    for (LoggedRecord r : log) {
      if (r.outcome() == Outcome.APPLIED
          && r.type().matches("Memory(Recorded|Revised|Forgotten)")) {
        String memory = r.payloadText("memoryId");
        facts.put(
            pointId(r.text("tenant"), r.text("subject"), memory),
            r.type().equals("MemoryForgotten") ? tombstone(r, memory) : live(r, memory));
      }
    }
    return facts;
  }

  @Override
  public Map<String, Fact> held() {
    URI scroll =
        URI.create(
            "%s/collections/%s/points/scroll"
                .formatted(stores.qdrantUrl(), stores.prefixed("-", "driftless-memories")));
    Map<String, Fact> facts = new LinkedHashMap<>();
    JsonNode next = null;
    do {
      ObjectNode page = Http.JSON.createObjectNode();
      page.put("limit", PAGE).put("with_payload", true).put("with_vector", true);
      page.set("offset", next);
      JsonNode result = Http.post(scroll, page.toString()).get("result");
      for (JsonNode point : result.get("points")) {
        if (point.get("id").isTextual()) {
          facts.put(point.get("id").asText(), fact(point));
        }
      }
      next = result.get("next_page_offset");
    } while (next != null && !next.isNull());
    return facts;
  }

  private static Fact live(LoggedRecord r, String memory) {
    return Fact.of(
        r.offset(),
        "tenant",
        r.text("tenant"),
        "subject",
        r.text("subject"),
        "memory_id",
        memory,
        "agent",
        r.text("agent"),
        "session",
        r.text("session"),
        "kind",
        r.payload().get("kind"),
        "text",
        r.payload().get("text"),
        "attributes",
        r.payload().get("attributes"),
        "expires_at",
        r.payload().get("expiresAt"),
        "version",
        r.offset(),
        "recorded_at",
        r.logMs(),
        "partition",
        r.partition(),
        "vector",
        carried(r.payload()));
  }

  private static Fact tombstone(LoggedRecord r, String memory) {
    return Fact.of(
        r.offset(),
        "tenant",
        r.text("tenant"),
        "subject",
        r.text("subject"),
        "memory_id",
        memory,
        "partition",
        r.partition());
  }

  private static Fact fact(JsonNode point) {
    JsonNode payload = point.get("payload");
    SortedMap<String, String> fields = new TreeMap<>();
    payload
        .properties()
        .forEach(
            field -> {
              String name = field.getKey();
              String value = Plain.of(field.getValue());
              boolean isTime = name.endsWith("_at");
              fields.put(
                  name, isTime ? String.valueOf(Instant.parse(value).toEpochMilli()) : value);
            });
    long offset = payload.path("offset").asLong(-1);
    fields.keySet().removeAll(List.of("offset", "epoch", "content_hash"));
    JsonNode vector = point.get("vector");
    if (vector != null && vector.isArray() && !vector.isEmpty()) {
      float[] values = new float[vector.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = vector.get(i).floatValue();
      }
      fields.put("vector", direction(values));
    }
    return new Fact(offset, List.of(), fields);
  }

  private static String carried(GenericRecord memory) {
    GenericRecord embedding = (GenericRecord) memory.get("embedding");
    if (embedding == null) {
      return "computed";
    }
    ByteBuffer bytes = ((ByteBuffer) embedding.get("vector")).duplicate();
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return direction(values);
  }

  /** {@code axis N} if it has hardly another component, else whether it has length 1. */
  private static String direction(float[] vector) {
    double square = 0;
    int longest = 0;
    for (int i = 0; i < vector.length; i++) {
      square += vector[i] * vector[i];
      longest = Math.abs(vector[i]) > Math.abs(vector[longest]) ? i : longest;
    }
    double length = Math.sqrt(square);
    if (Math.abs(vector[longest]) > 0.99 * length) {
      return "axis " + longest;
    }
    return Math.abs(length - 1) < 0.01 ? "computed" : "of length " + length;
  }

  /** UUIDv5 of UTF-8 tenant, zero byte, subject, zero byte, memory id. */
  private static String pointId(
      @Nullable String tenant, @Nullable String subject, String memoryId) {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      sha1.update(
          ByteBuffer.allocate(16)
              .putLong(NAMESPACE.getMostSignificantBits())
              .putLong(NAMESPACE.getLeastSignificantBits())
              .array());
      ByteBuffer hash =
          ByteBuffer.wrap(sha1.digest((tenant + '\0' + subject + '\0' + memoryId).getBytes(UTF_8)));
      long high = (hash.getLong() & 0xffffffffffff0fffL) | 0x5000L;
      long low = (hash.getLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
      return new UUID(high, low).toString();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
