package dev.driftless.projectors.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class AuditedTopicIT {

  private final Map<String, Object> properties =
      Map.of(
          "bootstrap.servers", TestStack.shared().with(ServerKind.KAFKA).kafkaBootstrapServers());

  private final String topic = "audited-" + UUID.randomUUID();

  @BeforeEach
  void create() throws Exception {
    try (Admin admin = Admin.create(properties)) {
      admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1))).all().get();
    }
  }

  @Test
  void committed_records_are_read_in_order_up_to_an_end_that_is_a_control_record() {
    try (KafkaProducer<byte[], byte[]> producer = transactional()) {
      producer.initTransactions();
      send(producer, "a", "b");
      producer.commitTransaction();
      send(producer, "aborted");
      producer.abortTransaction();
      send(producer, "c");
      producer.commitTransaction();
    }
    try (AuditedLog log = AuditedTopic.open(properties, topic)) {
      assertThat(log.partitions()).isEqualTo(2);
      assertThat(log.firstOffset(0)).isZero();
      assertThat(log.endOffset(0)).isEqualTo(7);
      assertThat(read(log, 0, 7)).containsExactly("0 a", "1 b", "5 c");
      assertThat(read(log, 0, 5)).containsExactly("0 a", "1 b");
      assertThat(log.endOffset(1)).isZero();
      assertThat(read(log, 1, 0)).isEmpty();
    }
  }

  @Test
  void log_begins_where_its_records_were_deleted() throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = transactional()) {
      producer.initTransactions();
      send(producer, "a", "b", "c");
      producer.commitTransaction();
    }
    try (Admin admin = Admin.create(properties)) {
      admin
          .deleteRecords(Map.of(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(2)))
          .all()
          .get();
      TopicDescription described =
          Objects.requireNonNull(
              admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic));
      try (AuditedLog log = AuditedTopic.open(properties, topic)) {
        assertThat(log.topicId()).isEqualTo(described.topicId().toString());
        assertThat(log.firstOffset(0)).isEqualTo(2);
        assertThat(read(log, 0, log.endOffset(0))).containsExactly("2 c");
      }
    }
  }

  @Test
  void topic_that_is_not_there_is_named() {
    assertThatThrownBy(() -> AuditedTopic.open(properties, "no-such-topic").close())
        .isInstanceOf(KafkaException.class)
        .hasMessageContaining("no-such-topic");
  }

  private void send(KafkaProducer<byte[], byte[]> producer, String... values) {
    producer.beginTransaction();
    for (String value : values) {
      var unused = producer.send(new ProducerRecord<>(topic, 0, null, value.getBytes(UTF_8)));
    }
    producer.flush();
  }

  private KafkaProducer<byte[], byte[]> transactional() {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers",
            String.valueOf(properties.get("bootstrap.servers")),
            "transactional.id",
            topic),
        new ByteArraySerializer(),
        new ByteArraySerializer());
  }

  private static List<String> read(AuditedLog log, int partition, long end) {
    List<String> read = new ArrayList<>();
    log.records(partition, end)
        .forEachRemaining(e -> read.add(e.offset() + " " + new String(e.value(), UTF_8)));
    return read;
  }
}
