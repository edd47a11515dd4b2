package dev.driftless.bench.faults;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

final class DriftlessLayoutTest {

  @Test
  void a_record_has_the_hash_that_the_audit_view_documents() {
    ConsumerRecord<byte[], byte[]> record =
        new ConsumerRecord<>(
            "memory-events",
            3,
            42,
            1_234_567_890_123L,
            TimestampType.LOG_APPEND_TIME,
            8,
            3,
            "acme\0mia".getBytes(UTF_8),
            new byte[] {0, 1, 2},
            new RecordHeaders(),
            Optional.empty());

    // by another program, from the comment on record_hash in audit.sql
    assertThat(DriftlessLayout.recordHash(record))
        .isEqualTo("55692b98b885a6eac59f4dee3d27a57944099f795d1883e38784b694148baf59");
  }
}
