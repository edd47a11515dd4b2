package dev.driftless.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class SubjectKeyTest {

  static final List<String> KEYS = GoldenEvents.text("v1/keys.jsonl").lines().toList();

  @Test
  void a_key_is_tenant_zero_byte_subject_in_utf_8() {
    assertThat(new SubjectKey("acmé", "mia").bytes())
        .isEqualTo(new byte[] {'a', 'c', 'm', (byte) 0xc3, (byte) 0xa9, 0, 'm', 'i', 'a'});
  }

  @ParameterizedTest
  @FieldSource("KEYS")
  void keys_and_partitions_are_what_other_clients_compute(String line) throws Exception {
    JsonNode golden = new ObjectMapper().readTree(line);
    SubjectKey key =
        new SubjectKey(golden.get("tenant").textValue(), golden.get("subject").textValue());

    assertThat(HexFormat.of().formatHex(key.bytes())).isEqualTo(golden.get("key").textValue());
    assertThat(SubjectKey.of(key.bytes())).isEqualTo(key);
    assertThat(SubjectKey.partition(key.bytes(), 4)).isEqualTo(golden.get("of4").intValue());
    assertThat(SubjectKey.partition(key.bytes(), 24)).isEqualTo(golden.get("of24").intValue());
  }

  @Test
  void the_partition_is_the_one_kafkas_own_partitioner_chooses() {
    for (int i = 0; i < 10_000; i++) {
      byte[] key = new SubjectKey("tenant-ü-" + i % 7, "🙂" + i).bytes();
      assertThat(SubjectKey.partition(key, 24))
          .isEqualTo(BuiltInPartitioner.partitionForKey(key, 24));
    }
  }

  @Test
  void bad_keys_are_refused_with_a_reason() {
    refused("acme".getBytes(UTF_8), "key has no zero byte between tenant and subject");
    refused(new byte[0], "key has no zero byte between tenant and subject");
    refused(new byte[] {'a', 0, 'b', 0}, "key has a second zero byte");
    refused(new byte[] {0, 'b'}, "key has no tenant");
    refused(new byte[] {'a', 0}, "key has no subject");
    refused(new byte[] {'a', 0, (byte) 0xff}, "key is not UTF-8");
    refused(new byte[] {(byte) 0xc3, 0, 'b'}, "key is not UTF-8");
  }

  private static void refused(byte[] key, String why) {
    assertThatThrownBy(() -> SubjectKey.of(key))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(why);
  }
}
