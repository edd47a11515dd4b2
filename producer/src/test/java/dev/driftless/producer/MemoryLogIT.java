package dev.driftless.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.events.MemoryEvent;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.schemas.GoldenEvents;
import dev.driftless.schemas.GoldenEvents.GoldenEvent;
import dev.driftless.schemas.SubjectKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Scope;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.record.TimestampType;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Against the real broker and registry. */
@Tag("contract")
class MemoryLogIT {

  private final TestLog test =
      new TestLog(TestStack.shared().with(ServerKind.KAFKA, ServerKind.REGISTRY)).create();
  private MemoryLog log;

  @BeforeEach
  void open() {
    Map<String, Integer> models = Map.of("example-3d", 3);
    MemoryLogConfig c = test.config();
    log =
        MemoryLog.open(
            new MemoryLogConfig(
                c.kafka(),
                c.registryUrl(),
                c.registry(),
                c.names(),
                models,
                c.timeout(),
                c.bufferBytes()));
  }

  @AfterEach
  void close() {
    log.close();
    log.close();
    test.close();
  }

  @Test
  void every_event_is_where_its_receipt_says_and_as_it_was_appended() {
    Map<Receipt, MemoryEvent> appended = new HashMap<>();
    for (GoldenEvent golden : GoldenEvents.all()) {
      appended.put(log.append(golden.event()), golden.event());
    }

    Map<Receipt, MemoryEvent> found = new HashMap<>();
    for (ConsumerRecord<byte[], byte[]> r : test.records()) {
      found.put(new Receipt(log.topic().topicId(), r.partition(), r.offset()), test.decoded(r));
      assertThat(r.timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
      assertThat(SubjectKey.of(r.key()))
          .isEqualTo(new SubjectKey(test.decoded(r).getTenant(), test.decoded(r).getSubject()));
    }
    assertThat(found).isEqualTo(appended);
  }

  @Test
  void a_log_that_is_opened_without_tracing_leaves_no_trace_in_the_record() {
    Span caller =
        Span.wrap(
            SpanContext.create(
                "4bf92f3577b34da6a3ce929d0e0e4736",
                "00f067aa0ba902b7",
                TraceFlags.getSampled(),
                TraceState.getDefault()));
    try (Scope traced = caller.makeCurrent()) {
      log.append(Events.memory("e", "s", "text"));
    }
    assertThat(test.records()).singleElement().satisfies(r -> assertThat(r.headers()).isEmpty());
  }

  @Test
  void the_partition_is_the_one_of_the_wire_contract() {
    for (int i = 0; i < 200; i++) {
      String subject = "Zoë-🙂-" + i;
      Receipt receipt = log.append(Events.memory("e" + i, subject, "text"));
      assertThat(receipt.partition())
          .isEqualTo(
              SubjectKey.partition(new SubjectKey("acme", subject).bytes(), TestLog.PARTITIONS));
    }
  }

  @Test
  void eight_threads_share_a_log_and_every_subject_keeps_its_order() throws Exception {
    int threads = 8;
    int each = 500;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    List<Callable<List<CompletableFuture<Receipt>>>> tasks = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      String subject = "subject-" + t;
      tasks.add(
          () -> {
            List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
            for (int i = 0; i < each; i++) {
              receipts.add(log.appendAsync(Events.memory(subject + "/" + i, subject, "text")));
            }
            return receipts;
          });
    }
    Set<Receipt> receipts = new HashSet<>();
    for (Future<List<CompletableFuture<Receipt>>> task : pool.invokeAll(tasks)) {
      task.get().forEach(receipt -> receipts.add(receipt.join()));
    }
    pool.shutdown();

    Map<String, Integer> next = new HashMap<>();
    for (ConsumerRecord<byte[], byte[]> r : test.records()) {
      MemoryEvent event = test.decoded(r);
      int expected = next.merge(event.getSubject(), 1, Integer::sum) - 1;
      assertThat(event.getEventId()).isEqualTo(event.getSubject() + "/" + expected);
    }
    assertThat(receipts).hasSize(threads * each);
    assertThat(next).hasSize(threads).allSatisfy((subject, n) -> assertThat(n).isEqualTo(each));
  }

  @Test
  void a_refused_event_publishes_nothing() {
    log.append(Events.memory("e1", "mia", "text"));
    List<MemoryEvent> wrong =
        List.of(
            Events.memory("e2", "mia", ""),
            Events.memory("e3", "mia", "a\0b"),
            Events.memory("e4", "mia", "half \uD83D"),
            Events.memory("", "mia", "text"),
            Events.memory("e5", "", "text"));

    for (MemoryEvent event : wrong) {
      assertThatThrownBy(() -> log.append(event)).isInstanceOf(InvalidEventException.class);
      assertThat(log.appendAsync(event)).isCompletedExceptionally();
    }

    assertThat(test.end()).isEqualTo(1);
  }

  @Test
  void an_event_beyond_the_topics_limit_publishes_nothing_and_fits_once_the_limit_is_raised()
      throws Exception {
    MemoryEvent event = Events.memory("e1", "mia", "x".repeat(1_200_000));

    assertThatThrownBy(() -> log.append(event))
        .isInstanceOf(InvalidEventException.class)
        .hasMessageMatching(
            "event: 1200\\d{3} bytes as a record, the topic takes 1048588 \\(max.message.bytes\\)");
    assertThat(test.end()).isZero();

    alter("max.message.bytes", "2000000");
    Thread.sleep(1_100); // the limit is asked for once a second
    assertThat(log.append(event).offset()).isZero();
  }

  @Test
  void a_limit_that_was_lowered_meanwhile_is_the_brokers_to_refuse() throws Exception {
    log.append(Events.memory("e1", "mia", "text"));
    alter("max.message.bytes", "10000");

    // random, so that it is as long when it is compressed
    StringBuilder text = new StringBuilder();
    new Random(1).ints(20_000, 0x4e00, 0x9fff).forEach(text::appendCodePoint);
    assertThatThrownBy(() -> log.append(Events.memory("e2", "mia", text.toString())))
        .isInstanceOf(InvalidEventException.class)
        .hasMessageStartingWith("event: too large for the topic: ");
    assertThatThrownBy(() -> log.append(Events.memory("e3", "mia", text.toString())))
        .hasMessageContaining("the topic takes 10000");

    assertThat(log.append(Events.memory("e4", "mia", "text"))).isNotNull();
    assertThat(test.end()).isEqualTo(2);
  }

  @Test
  void an_event_of_just_the_topics_limit_is_taken() {
    int around = RecordLimit.OVERHEAD_BYTES + new SubjectKey("acme", "mia").bytes().length;
    StringBuilder text = new StringBuilder();
    new Random(1).ints(1_048_400 - around - 100, 33, 127).forEach(text::appendCodePoint);

    assertThat(log.append(Events.memory("e1", "mia", text.toString()))).isNotNull();
  }

  @Test
  void without_its_topic_a_log_does_not_open() {
    try (TestLog other = new TestLog(test.servers)) {
      other.registry.register();
      assertThatThrownBy(() -> MemoryLog.open(other.config()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "the log %s does not exist: create it with 'driftless topics create' or LogTopic.create"
                  .formatted(other.names.log()));
    }
  }

  @Test
  void without_its_schema_a_log_does_not_open() {
    try (TestLog other = new TestLog(test.servers)) {
      LogTopic.create(other.admin, other.names, 1, 1, List.of());
      assertThatThrownBy(() -> MemoryLog.open(other.config()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("register it before publishing");
    }
  }

  @Test
  void a_topic_that_would_lose_events_is_no_log() throws Exception {
    alter("retention.ms", "86400000");
    alter("cleanup.policy", "compact");

    assertThatThrownBy(() -> MemoryLog.open(test.config()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "the topic %s is not fit to be the log: it has cleanup.policy=compact instead of delete, retention.ms=86400000 instead of -1; change it with kafka-configs"
                .formatted(test.names.log()));
  }

  @Test
  void creating_topics_again_changes_nothing() throws Exception {
    LogTopic again = LogTopic.create(test.admin, test.names, 7, 1, List.of("vector", "cache"));

    assertThat(again).isEqualTo(log.topic());
    assertThat(again.partitions()).isEqualTo(TestLog.PARTITIONS);
    // the broker lists a new topic a moment after it was created
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(test.admin.listTopics().names().get())
                    .contains(
                        test.names.log(),
                        test.names.controls(),
                        test.names.positions(),
                        test.names.repairs(),
                        test.names.deadLetters("vector"),
                        test.names.deadLetters("cache")));
    assertThat(setting(test.names.controls(), "cleanup.policy")).isEqualTo("compact");
    assertThat(setting(test.names.positions(), "cleanup.policy")).isEqualTo("compact");
    assertThat(setting(test.names.repairs(), "retention.ms")).isEqualTo("86400000");
    assertThat(setting(test.names.repairs(), "max.message.bytes")).isEqualTo("33554432");
    assertThat(test.admin.describeTopics(List.of(test.names.repairs())).allTopicNames().get())
        .hasEntrySatisfying(
            test.names.repairs(),
            topic -> assertThat(topic.partitions()).hasSize(TestLog.PARTITIONS));
    assertThat(setting(test.names.deadLetters("vector"), "retention.ms")).isEqualTo("-1");
    assertThat(Integer.parseInt(setting(test.names.deadLetters("vector"), "max.message.bytes")))
        .isGreaterThan(log.topic().maxRecordBytes());
  }

  @Test
  void a_closed_log_says_so() {
    log.close();

    assertThatThrownBy(() -> log.append(Events.memory("e1", "mia", "text")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  private void alter(String key, String value) throws Exception {
    ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, test.names.log());
    AlterConfigOp set = new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET);
    test.admin.incrementalAlterConfigs(Map.of(topic, List.of(set))).all().get();
  }

  private String setting(String topic, String key) throws Exception {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    Config config =
        Objects.requireNonNull(
            test.admin.describeConfigs(List.of(resource)).all().get().get(resource));
    return config.get(key).value();
  }
}
