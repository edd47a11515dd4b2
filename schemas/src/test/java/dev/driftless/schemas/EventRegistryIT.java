package dev.driftless.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.driftless.events.MemoryEvent;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import io.confluent.kafka.schemaregistry.avro.AvroSchema;
import io.confluent.kafka.schemaregistry.client.CachedSchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.SchemaRegistryClient;
import io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import java.io.ByteArrayOutputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Against the real registry, through the genuine client; every test has a subject of its own. */
@Tag("contract")
class EventRegistryIT {

  private static final AtomicInteger TESTS = new AtomicInteger();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Schema TODAY = PlainSchema.of(MemoryEvent.getClassSchema());

  private final String url = TestStack.shared().with(ServerKind.REGISTRY).schemaRegistryUrl();
  private final Names names = new Names("registry_it_" + TESTS.incrementAndGet());
  private final String subject = names.schemaSubject();
  private final EventRegistry registry = new EventRegistry(url, names, Map.of());
  private final SchemaRegistryClient raw = new CachedSchemaRegistryClient(url, 10);

  @AfterEach
  void close() throws Exception {
    registry.close();
    registry.close();
    raw.close();
  }

  @Test
  void registering_again_changes_nothing() throws Exception {
    registry.register();
    int id = registry.currentId();
    new EventRegistry(url, names, Map.of()).register();

    assertThat(registry.currentId()).isEqualTo(id);
    assertThat(raw.getAllVersions(subject)).containsExactly(1);
    assertThat(registry.schema(id)).isEqualTo(TODAY);
  }

  @Test
  void another_client_finds_the_schema_with_the_published_file() throws Exception {
    registry.register();

    assertThat(raw.getId(subject, new AvroSchema(GoldenEvents.schema("v1"))))
        .isEqualTo(registry.currentId());
  }

  @Test
  void compatibility_is_backward_transitive() throws Exception {
    registry.register();

    assertThat(raw.getCompatibility(subject)).isEqualTo("BACKWARD_TRANSITIVE");
  }

  @Test
  void a_schema_that_could_not_read_what_was_written_is_refused_by_the_registry() {
    registry.register();

    assertThatThrownBy(() -> raw.register(subject, changed(field("priority", "\"int\"", null))))
        .isInstanceOfSatisfying(
            RestClientException.class, e -> assertThat(e.getStatus()).isEqualTo(409));
  }

  @Test
  void a_schema_that_today_cannot_be_a_reader_of_refuses_ours() throws Exception {
    raw.register(
        subject, changed(s -> ((ObjectNode) s.get("fields").get(0)).put("type", "double")));

    assertThatThrownBy(registry::register)
        .isInstanceOf(IncompatibleSchemaException.class)
        .hasMessageContaining("refuses the schema of subject " + subject)
        .hasMessageContaining(url);
  }

  @Test
  void compatibility_reaches_back_to_the_first_version() throws Exception {
    registry.register();
    raw.register(subject, changed(field("priority", "\"int\"", "0")));
    raw.register(subject, changed(field("priority", "\"int\"", "1")));

    assertThatThrownBy(() -> raw.register(subject, changed(field("priority", "\"int\"", null))))
        .isInstanceOf(RestClientException.class);
  }

  @Test
  void events_of_an_older_writer_are_read_with_defaults() throws Exception {
    AvroSchema older = changed(s -> remove((ArrayNode) s.get("fields"), "causationId"));
    int id = raw.register(subject, older);
    registry.register();
    MemoryEvent event = GoldenEvents.of("v1").get(0).event();

    MemoryEvent read = new EventDecoder(registry).decode(written(event, older.rawSchema(), id));

    assertThat(read.getCausationId()).isNull();
    assertThat(read.getPayload()).isEqualTo(event.getPayload());
    assertThat(registry.currentId()).isNotEqualTo(id);
  }

  @Test
  void events_of_a_newer_writer_are_read_without_what_is_new() throws Exception {
    registry.register();
    AvroSchema newer = changed(field("priority", "\"int\"", "7"));
    int id = raw.register(subject, newer);
    MemoryEvent event = GoldenEvents.of("v1").get(0).event();

    assertThat(new EventDecoder(registry).decode(written(event, newer.rawSchema(), id)))
        .isEqualTo(event);
  }

  /** Its fields fit MemoryForgotten, which Avro would take it for. */
  @Test
  void a_payload_that_only_a_newer_writer_knows_is_undecodable() throws Exception {
    registry.register();
    AvroSchema newer =
        changed(
            s ->
                ((ArrayNode) s.get("fields").get(s.get("fields").size() - 1).get("type"))
                    .add(
                        tree(
                            """
                            {"type":"record","name":"MemoryTouched",
                             "fields":[{"name":"memoryId","type":"string"}]}
                            """)));
    int id = raw.register(subject, newer);
    Schema touched = newer.rawSchema().getField("payload").schema().getTypes().get(14);
    GenericRecord record = generic(GoldenEvents.of("v1").get(1).event(), newer.rawSchema());
    GenericRecord payload = new GenericData.Record(touched);
    payload.put("memoryId", "m1");
    record.put("payload", payload);

    assertThatThrownBy(() -> new EventDecoder(registry).decode(bytes(record, id)))
        .isInstanceOf(UndecodableException.class)
        .hasMessage(
            "the payload dev.driftless.events.MemoryTouched is not known to this version of the reader");
  }

  @Test
  void an_id_that_the_registry_does_not_know_is_undecodable() {
    assertThatThrownBy(() -> registry.schema(1_999_999_999))
        .isInstanceOf(UndecodableException.class)
        .hasMessage("schema id 1999999999 is not in the registry");
  }

  @Test
  void an_id_of_another_sort_of_schema_is_undecodable() throws Exception {
    String schema = "{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"type\":\"object\"}";
    String body =
        JSON.createObjectNode().put("schemaType", "JSON").put("schema", schema).toString();
    HttpResponse<String> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(URI.create(url + "/subjects/" + subject + "/versions"))
                    .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    int id = JSON.readTree(answer.body()).get("id").intValue();

    assertThatThrownBy(() -> registry.schema(id))
        .isInstanceOf(UndecodableException.class)
        .hasMessage("schema id " + id + " is not an Avro schema");
  }

  @Test
  void a_wrong_base_address_is_no_proof_that_an_id_is_unknown() {
    EventRegistry elsewhere = new EventRegistry(url + "/nowhere", names, Map.of());

    assertThatThrownBy(() -> elsewhere.schema(1))
        .isInstanceOf(RegistryUnavailableException.class)
        .hasMessageContaining("/nowhere");
  }

  @Test
  void an_encoder_without_a_registered_schema_says_what_to_do() {
    assertThatThrownBy(() -> new EventEncoder(registry))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "the schema of subject %s is not registered at %s: register it before publishing"
                .formatted(subject, url));
  }

  @Test
  void a_registry_that_is_away_is_unavailable() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    EventRegistry away = new EventRegistry("http://127.0.0.1:" + port, names, Map.of());

    assertThatThrownBy(away::register)
        .isInstanceOf(RegistryUnavailableException.class)
        .hasMessageContaining("http://127.0.0.1:" + port + " does not answer");
    assertThatThrownBy(() -> away.schema(1)).isInstanceOf(RegistryUnavailableException.class);
    assertThatThrownBy(away::currentId).isInstanceOf(RegistryUnavailableException.class);
  }

  @Test
  void a_registry_that_hangs_is_unavailable_after_ten_seconds() throws Exception {
    try (ServerSocket hangs = new ServerSocket(0)) {
      String address = "http://127.0.0.1:" + hangs.getLocalPort();
      EventRegistry hanging = new EventRegistry(address, names, Map.of());
      long start = System.nanoTime();

      assertThatThrownBy(() -> hanging.schema(1)).isInstanceOf(RegistryUnavailableException.class);
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isBetween(Duration.ofSeconds(9), Duration.ofSeconds(15));
    }
  }

  @Test
  void the_second_of_several_addresses_is_tried() {
    new EventRegistry("http://127.0.0.1:1, " + url, names, Map.of()).register();

    assertThat(registry.currentId()).isPositive();
  }

  @Test
  void an_address_that_is_no_url_is_refused_at_once() {
    assertThatThrownBy(() -> new EventRegistry("localhost:8081", names, Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "registry address 'localhost:8081': expected a URL such as http://localhost:8081");
  }

  private static AvroSchema changed(Consumer<ObjectNode> change) {
    ObjectNode schema = (ObjectNode) tree(TODAY.toString());
    change.accept(schema);
    return new AvroSchema(schema.toString());
  }

  private static Consumer<ObjectNode> field(
      String name, String type, @Nullable String defaultValue) {
    return schema -> {
      ObjectNode field = JSON.createObjectNode().put("name", name);
      field.set("type", tree(type));
      if (defaultValue != null) {
        field.set("default", tree(defaultValue));
      }
      ((ArrayNode) schema.get("fields")).add(field);
    };
  }

  private static void remove(ArrayNode fields, String name) {
    for (int i = fields.size() - 1; i >= 0; i--) {
      if (fields.get(i).get("name").textValue().equals(name)) {
        fields.remove(i);
      }
    }
  }

  private static JsonNode tree(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] written(MemoryEvent event, Schema schema, int id) throws Exception {
    return bytes(generic(event, schema), id);
  }

  /** The event as a writer with this schema has it. */
  private static GenericRecord generic(MemoryEvent event, Schema schema) throws Exception {
    byte[] value = new EventEncoder(0).encode(event);
    return new GenericDatumReader<GenericRecord>(TODAY, schema)
        .read(null, DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, null));
  }

  private static byte[] bytes(GenericRecord record, int id) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(ByteBuffer.allocate(5).put((byte) 0).putInt(id).array());
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
    new GenericDatumWriter<GenericRecord>(record.getSchema()).write(record, encoder);
    encoder.flush();
    return out.toByteArray();
  }
}
