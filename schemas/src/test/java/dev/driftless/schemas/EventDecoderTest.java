package dev.driftless.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.driftless.events.MemoryEvent;
import dev.driftless.schemas.GoldenEvents.GoldenEvent;
import io.confluent.kafka.schemaregistry.avro.AvroSchema;
import io.confluent.kafka.schemaregistry.client.MockSchemaRegistryClient;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** With the in-memory registry that comes with Confluent's client. */
class EventDecoderTest {

  private static final List<GoldenEvent> GOLDEN = GoldenEvents.of("v1");

  private final MockSchemaRegistryClient client = new MockSchemaRegistryClient();
  private final EventRegistry registry = new EventRegistry("memory", Names.DEFAULT, client);
  private final EventDecoder decoder = new EventDecoder(registry);
  private EventEncoder encoder;

  @BeforeEach
  void register() {
    registry.register();
    encoder = new EventEncoder(registry);
  }

  @Test
  void what_was_encoded_is_decoded_equal() throws Exception {
    for (GoldenEvent golden : GOLDEN) {
      assertThat(decoder.decode(encoder.encode(golden.event()))).isEqualTo(golden.event());
    }
  }

  @Test
  void a_record_without_a_value_is_no_event() {
    undecodable(null, "the record has no value");
  }

  @Test
  void bytes_in_another_format_are_no_event() {
    String why = "not in the Confluent wire format (a zero byte, then a schema id of four bytes)";
    undecodable(new byte[0], why);
    undecodable(new byte[] {0, 0, 0, 1}, why);
    undecodable("{\"eventId\":\"e1\"}".getBytes(UTF_8), why);
    byte[] otherMagic = value();
    otherMagic[0] = 1;
    undecodable(otherMagic, why);
  }

  @Test
  void an_event_with_bytes_behind_it_is_refused() {
    byte[] value = value();
    undecodable(Arrays.copyOf(value, value.length + 1), "bytes are left over behind the event");
  }

  @Test
  void an_event_that_is_cut_off_is_refused() {
    byte[] value = value();
    for (int length = 5; length < value.length; length++) {
      undecodable(Arrays.copyOf(value, length), "not Avro of schema id ");
    }
  }

  @Test
  void a_record_of_another_schema_is_refused() throws Exception {
    Schema other = SchemaBuilder.record("Other").fields().requiredString("eventId").endRecord();
    int id = client.register("other", new AvroSchema(other));

    undecodable(
        ByteBuffer.allocate(7).put((byte) 0).putInt(id).put((byte) 2).put((byte) 'a').array(),
        "not Avro of schema id " + id);
  }

  @Test
  void an_unknown_schema_id_is_refused() {
    undecodable(
        ByteBuffer.allocate(9).put((byte) 0).putInt(4711).array(),
        "schema id 4711 is not in the registry");
  }

  /** Garbage is an event or an UndecodableException: nothing else is thrown, no memory is eaten. */
  @Test
  void garbage_never_does_worse_than_being_refused() {
    Random random = new Random(42);
    int refused = 0;
    for (int i = 0; i < 50_000; i++) {
      byte[] value = encoder.encode(GOLDEN.get(i % GOLDEN.size()).event());
      for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
        value[5 + random.nextInt(value.length - 5)] = (byte) random.nextInt(256);
      }
      refused += isRefused(value) ? 1 : 0;
    }
    assertThat(refused).isGreaterThan(10_000);
  }

  @Test
  void a_length_that_is_a_lie_is_refused_before_memory_is_set_aside_for_it() {
    byte[] twoGigabytes = {(byte) 0xfe, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f};
    for (int at = 5; at < value().length; at++) {
      byte[] value = value();
      System.arraycopy(twoGigabytes, 0, value, at, Math.min(5, value.length - at));
      assertThat(isRefused(value)).isIn(true, false);
    }
  }

  private boolean isRefused(byte[] value) {
    try {
      decoder.prepare(value);
      assertThat(decoder.decode(value)).isNotNull();
      return false;
    } catch (UndecodableException e) {
      return true;
    } catch (RuntimeException | Error e) {
      return fail("threw " + e, e);
    }
  }

  private byte[] value() {
    MemoryEvent event = GOLDEN.get(0).event();
    return encoder.encode(event);
  }

  private void undecodable(byte @Nullable [] value, String why) {
    decoder.prepare(value);
    assertThatThrownBy(() -> decoder.decode(value))
        .isInstanceOf(UndecodableException.class)
        .hasMessageStartingWith(why);
  }
}
