package dev.driftless.projectors;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.events.MemoryEvent;
import dev.driftless.local.Addresses;
import dev.driftless.local.FaultyProxy;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.MemoryLogConfig;
import dev.driftless.projectors.runtime.RuntimeConfig;
import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.schemas.EventEncoder;
import dev.driftless.schemas.EventRegistry;
import dev.driftless.schemas.Names;
import dev.driftless.schemas.SubjectKey;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A log of its own for one test, on a real broker and registry, and the runtime reading it. */
public final class TestLog implements AutoCloseable {

  public static final int PARTITIONS = 2;

  private final Names names =
      new Names("t" + UUID.randomUUID().toString().substring(0, 13).replace("-", ""));
  private final Map<String, String> kafka;
  private final String registryUrl;
  private final EventRegistry registry;
  private final List<EventRegistry> readers = new ArrayList<>();
  private final Admin admin;
  private final KafkaProducer<byte[], byte[]> producer;
  private final EventEncoder encoder;
  private final Path state = temporaryDirectory();
  private final Duration patience;

  /**
   * @param patience how long a view may take to catch up
   */
  public TestLog(Duration patience) {
    Addresses servers = TestStack.shared().with(ServerKind.KAFKA, ServerKind.REGISTRY);
    this.patience = patience;
    // nobody reads the hundreds of MBeans that each of a dozen clients would register
    this.kafka =
        Map.of("bootstrap.servers", servers.kafkaBootstrapServers(), "metric.reporters", "");
    this.registryUrl = servers.schemaRegistryUrl();
    this.registry = new EventRegistry(registryUrl, names, Map.of());
    registry.register();
    this.encoder = new EventEncoder(registry);
    this.admin = Admin.create(Map.copyOf(kafka));
    this.producer =
        new KafkaProducer<>(
            Map.copyOf(kafka), new ByteArraySerializer(), new ByteArraySerializer());
    createTopics();
  }

  public Names names() {
    return names;
  }

  public Map<String, String> kafka() {
    return kafka;
  }

  public Admin admin() {
    return admin;
  }

  /** Tells this log from others of the same name. */
  public String topicId() {
    try {
      var description =
          admin.describeTopics(List.of(names.log())).topicNameValues().get(names.log());
      return Objects.requireNonNull(description).get().topicId().toString();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  public String registryUrl() {
    return registryUrl;
  }

  /** Appends the events; returns where the last one is. */
  public RecordMetadata publish(MemoryEvent... events) {
    return publish(List.of(events));
  }

  public RecordMetadata publish(List<MemoryEvent> events) {
    return publishRaw(events.stream().map(this::record).toList());
  }

  /** Appends records as they are. */
  public RecordMetadata publishRaw(List<ProducerRecord<byte[], byte[]>> records) {
    try {
      RecordMetadata last = null;
      for (var sent : records.stream().map(producer::send).toList()) {
        last = sent.get();
      }
      return Objects.requireNonNull(last);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** The record of an event. */
  public ProducerRecord<byte[], byte[]> record(MemoryEvent event) {
    return new ProducerRecord<>(
        names.log(),
        new SubjectKey(event.getTenant(), event.getSubject()).bytes(),
        encoder.encode(event));
  }

  /** A view kept by the runtime, as configured for tests; close it. */
  public ViewApplication start(Projector projector) {
    return start(projector, config());
  }

  public ViewApplication start(Projector projector, RuntimeConfig config) {
    ViewApplication application =
        new ViewApplication(projector, reader(), config, new SimpleMeterRegistry());
    application.start();
    return application;
  }

  /** What agents use; the caller closes it. */
  public MemoryLog client() {
    return MemoryLog.open(
        MemoryLogConfig.of(kafka.getOrDefault("bootstrap.servers", ""), registryUrl)
            .withNames(names));
  }

  /** A client of its own: the publisher's already knows the schema. */
  public EventRegistry reader() {
    return reader(registryUrl);
  }

  /** As {@link #reader()}, by way of a proxy. */
  public EventRegistry readerThrough(FaultyProxy proxy) {
    return reader("http://127.0.0.1:" + proxy.port() + URI.create(registryUrl).getPath());
  }

  private EventRegistry reader(String url) {
    EventRegistry reading = new EventRegistry(url, names, Map.of());
    readers.add(reading);
    return reading;
  }

  /** In front of the registry; the caller closes it. */
  public FaultyProxy beforeRegistry() {
    URI direct = URI.create(registryUrl);
    return FaultyProxy.before(direct.getHost(), direct.getPort());
  }

  public RuntimeConfig config() {
    return new RuntimeConfig(
        names,
        kafka,
        state,
        null,
        1,
        500,
        Duration.ofMillis(200),
        Duration.ofMillis(200),
        Duration.ofHours(24));
  }

  /** Waits until the view holds everything that is in the log. */
  public void awaitCaughtUp(ViewFixture fixture) {
    try (Projector reader = fixture.open()) {
      Awaitility.await("view caught up")
          .atMost(patience)
          .pollInterval(Duration.ofMillis(50))
          .untilAsserted(() -> assertThat(positions(reader)).isEqualTo(ends()));
    }
  }

  /** Keeps the view until it holds everything, then stops. */
  public void project(ViewFixture fixture) {
    try (ViewApplication ignored = start(fixture.open())) {
      awaitCaughtUp(fixture);
    }
  }

  /** The end of each partition. */
  public List<Long> ends() {
    return partitions()
        .map(
            p -> {
              try {
                return admin
                    .listOffsets(Map.of(p, OffsetSpec.latest()))
                    .partitionResult(p)
                    .get()
                    .offset();
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            })
        .toList();
  }

  public List<Long> positions(Projector projector) {
    return IntStream.range(0, PARTITIONS).mapToObj(p -> projector.stored(p).offset()).toList();
  }

  /** What this view set aside so far. */
  public List<ConsumerRecord<byte[], byte[]>> deadLetters(String view) {
    TopicPartition topic = new TopicPartition(names.deadLetters(view), 0);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.copyOf(kafka), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(topic));
      consumer.seekToBeginning(List.of(topic));
      long end = consumer.endOffsets(List.of(topic)).getOrDefault(topic, 0L);
      List<ConsumerRecord<byte[], byte[]>> letters = new ArrayList<>();
      while (consumer.position(topic) < end) {
        consumer.poll(Duration.ofMillis(100)).forEach(letters::add);
      }
      return letters;
    }
  }

  /** A header's text. */
  public static @Nullable String header(ConsumerRecord<byte[], byte[]> letter, String name) {
    var header = letter.headers().lastHeader(name);
    return header == null
        ? null
        : new String(header.value(), java.nio.charset.StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    producer.close();
    admin.close();
    registry.close();
    readers.forEach(EventRegistry::close);
    try (Stream<Path> files = Files.walk(state)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(java.io.File::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Stream<TopicPartition> partitions() {
    return IntStream.range(0, PARTITIONS).mapToObj(p -> new TopicPartition(names.log(), p));
  }

  /** Creates a topic; when this returns, the broker knows it. */
  public void create(NewTopic topic) throws Exception {
    admin.createTopics(List.of(topic)).all().get();
    Awaitility.await(topic.name())
        .until(() -> admin.listTopics().names().get().contains(topic.name()));
  }

  /** Gives the log this setting; when this returns, the broker has taken it over. */
  public void configure(String key, String value) throws Exception {
    ConfigResource log = new ConfigResource(ConfigResource.Type.TOPIC, names.log());
    AlterConfigOp set = new AlterConfigOp(new ConfigEntry(key, value), AlterConfigOp.OpType.SET);
    admin.incrementalAlterConfigs(Map.of(log, List.of(set))).all().get();
    Awaitility.await(key)
        .atMost(patience)
        .untilAsserted(
            () ->
                assertThat(admin.describeConfigs(List.of(log)).all().get())
                    .extractingByKey(log)
                    .extracting(config -> config.get(key).value())
                    .isEqualTo(value));
  }

  private void createTopics() {
    List<NewTopic> topics = new ArrayList<>();
    topics.add(
        new NewTopic(names.log(), PARTITIONS, (short) 1)
            .configs(Map.of("message.timestamp.type", "LogAppendTime", "retention.ms", "-1")));
    topics.add(
        new NewTopic(names.controls(), 1, (short) 1).configs(Map.of("cleanup.policy", "compact")));
    topics.add(
        new NewTopic(names.positions(), 1, (short) 1).configs(Map.of("cleanup.policy", "compact")));
    topics.add(
        new NewTopic(names.repairs(), PARTITIONS, (short) 1)
            .configs(Map.of("max.message.bytes", Integer.toString(32 << 20))));
    for (String view : List.of("relational", "vector", "cache", "context", "audit", "nothing")) {
      topics.add(new NewTopic(names.deadLetters(view), 1, (short) 1));
    }
    try {
      admin.createTopics(topics).all().get();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    // a producer that is faster than a partition's leader loses its first batch (KAFKA-15591)
    Awaitility.await("leaders")
        .ignoreExceptions()
        .pollInterval(Duration.ofMillis(20))
        .until(() -> ends().size() == PARTITIONS);
  }

  private static Path temporaryDirectory() {
    try {
      return Files.createTempDirectory("driftless-state-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
