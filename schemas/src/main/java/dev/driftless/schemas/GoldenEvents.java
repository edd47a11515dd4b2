package dev.driftless.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.driftless.events.MemoryEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import org.apache.avro.Schema;

/**
 * Events as they were once written, in bytes and in JSON, for every reader in every language to try
 * itself on. Resources under {@code /golden}, one directory a version of the schema, never changed
 * once there:
 *
 * <ul>
 *   <li>{@code v1/MemoryEvent.avsc}: the schema, as it is registered
 *   <li>{@code v1/events.jsonl}: one object a line, {@code name}, {@code avro} (the Avro binary in
 *       hex, which in a record value follows the five bytes of the Confluent wire format) and
 *       {@code event} (the same as JSON)
 *   <li>{@code v1/keys.jsonl}: record keys in hex, and their partitions of 4 and of 24
 * </ul>
 */
public final class GoldenEvents {

  /** The versions of the schema, oldest first; the last is today's. */
  public static final List<String> VERSIONS = List.of("v1");

  private static final ObjectMapper JSON = new ObjectMapper();

  private GoldenEvents() {}

  /**
   * One event as it was once written.
   *
   * @param name the payload's name, and what is special, for example {@code MemoryRecorded/minimal}
   * @param avro Avro binary in hex, without the head of the wire format
   * @param json as {@link EventJson} reads it
   */
  public record GoldenEvent(String version, String name, String avro, String json) {

    /** The event, read from the JSON. */
    public MemoryEvent event() {
      return EventJson.read(json);
    }

    /** Avro binary, without the head of the wire format. */
    public byte[] body() {
      return HexFormat.of().parseHex(avro);
    }

    @Override
    public String toString() {
      return version + "/" + name;
    }
  }

  /** All events of all versions. */
  public static List<GoldenEvent> all() {
    return VERSIONS.stream().flatMap(v -> of(v).stream()).toList();
  }

  /** The events written with this version of the schema. */
  public static List<GoldenEvent> of(String version) {
    return text(version + "/events.jsonl").lines().map(line -> event(version, line)).toList();
  }

  /** A version of the schema, as it is registered. */
  public static Schema schema(String version) {
    return new Schema.Parser().parse(text(version + "/MemoryEvent.avsc"));
  }

  private static GoldenEvent event(String version, String line) {
    try {
      JsonNode node = JSON.readTree(line);
      return new GoldenEvent(
          version,
          node.path("name").asText(),
          node.path("avro").asText(),
          node.path("event").toString());
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String text(String resource) {
    String path = "/golden/" + resource;
    try (InputStream in =
        Objects.requireNonNull(GoldenEvents.class.getResourceAsStream(path), path)) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
