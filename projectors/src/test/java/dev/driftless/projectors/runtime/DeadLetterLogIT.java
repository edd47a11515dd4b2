package dev.driftless.projectors.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.events.MemoryEvent;
import dev.driftless.local.Addresses;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Position;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.EventEncoder;
import dev.driftless.schemas.EventRegistry;
import dev.driftless.schemas.GoldenEvents;
import dev.driftless.schemas.Names;
import dev.driftless.schemas.SubjectKey;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class DeadLetterLogIT {

  private static final String VIEW = "relational";

  private final Addresses servers = TestStack.shared().with(ServerKind.KAFKA, ServerKind.REGISTRY);
  private final Map<String, String> kafka =
      Map.of("bootstrap.servers", servers.kafkaBootstrapServers());
  private final Names names =
      new Names("t" + UUID.randomUUID().toString().substring(0, 13).replace("-", ""));
  private final EventRegistry registry =
      new EventRegistry(servers.schemaRegistryUrl(), names, Map.of());
  private final DeadLetterLog log = new DeadLetterLog(kafka, names, new EventDecoder(registry));

  @BeforeEach
  void create() throws Exception {
    registry.register();
    try (Admin admin = Admin.create(new HashMap<>(kafka))) {
      admin.createTopics(List.of(new NewTopic(names.deadLetters(VIEW), 1, (short) 1))).all().get();
      Awaitility.await()
          .until(() -> admin.listTopics().names().get().contains(names.deadLetters(VIEW)));
    }
  }

  @AfterEach
  void close() {
    log.close();
    registry.close();
  }

  @Test
  void record_that_was_set_aside_twice_is_listed_once() {
    byte[] key = new SubjectKey("acme", "mia").bytes();
    LogRecord first = refused(7, key, "junk".getBytes(UTF_8), "not an event");
    LogRecord second = refused(8, null, null, "the record has no value");
    setAside(first);
    setAside(first, second);

    List<DeadLetter> letters = log.list(VIEW);

    assertThat(letters).extracting(DeadLetter::offset).containsExactly(7L, 8L);
    assertThat(letters).extracting(DeadLetter::partition).containsOnly(3);
    assertThat(letters)
        .extracting(DeadLetter::reason)
        .containsExactly("not an event", "the record has no value");
    assertThat(letters).extracting(DeadLetter::view).containsOnly(VIEW);
    assertThat(letters.get(0).time()).isAfter(Instant.now().minus(Duration.ofMinutes(5)));
  }

  @Test
  void letter_tells_whose_it_is_by_its_event_or_else_by_its_key() {
    MemoryEvent event = GoldenEvents.of("v1").get(0).event();
    byte[] value = new EventEncoder(registry).encode(event);
    byte[] key = new SubjectKey("acme", "mia").bytes();
    setAside(
        refused(1, key, value, "the key is of another subject"),
        refused(2, key, "junk".getBytes(UTF_8), "not an event"),
        refused(3, "junk".getBytes(UTF_8), null, "not an event"));

    List<DeadLetter> letters = log.list(VIEW);

    assertThat(letters.get(0).eventId()).isEqualTo(event.getEventId());
    assertThat(letters.get(0).tenant()).isEqualTo(event.getTenant());
    assertThat(letters.get(0).subject()).isEqualTo(event.getSubject());
    assertThat(letters.get(1).eventId()).isNull();
    assertThat(letters.get(1).tenant()).isEqualTo("acme");
    assertThat(letters.get(1).subject()).isEqualTo("mia");
    assertThat(letters.get(2).tenant()).isNull();
  }

  @Test
  void what_no_view_set_aside_is_passed_over() throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            new HashMap<>(kafka), new ByteArraySerializer(), new ByteArraySerializer())) {
      String topic = names.deadLetters(VIEW);
      assertThat(
              producer.send(new ProducerRecord<>(topic, "junk".getBytes(UTF_8))).get().hasOffset())
          .isTrue();
    }
    setAside(refused(1, null, null, "the record has no value"));

    assertThat(log.list(VIEW)).extracting(DeadLetter::offset).containsExactly(1L);
  }

  @Test
  void view_without_a_topic_is_an_error_and_one_without_letters_is_not() {
    assertThat(log.list(VIEW)).isEmpty();
    assertThatThrownBy(() -> log.list("cache")).hasMessageContaining(names.deadLetters("cache"));
  }

  private void setAside(LogRecord... records) {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (DeadLetters letters =
        new DeadLetters(VIEW, true, config(), new ViewMeters(meters, VIEW))) {
      letters.add(
          new Batch(3, 1, 0, new Position("topic", 10, Instant.EPOCH), List.of(records)), "");
    }
  }

  private RuntimeConfig config() {
    Duration second = Duration.ofSeconds(1);
    return new RuntimeConfig(names, kafka, Path.of("unused"), null, 1, 100, second, second, second);
  }

  private static LogRecord refused(
      long offset, byte @Nullable [] key, byte @Nullable [] value, String reason) {
    return new LogRecord(
        3, offset, Instant.EPOCH, Instant.EPOCH, key, value, Disposition.REFUSED, null, reason);
  }
}
