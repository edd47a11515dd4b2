package dev.driftless.bench.performance;

import dev.driftless.events.MemoryEvent;
import dev.driftless.local.Addresses;
import dev.driftless.producer.LogTopic;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.MemoryLogConfig;
import dev.driftless.producer.Receipt;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.projectors.audit.AuditProjector;
import dev.driftless.projectors.context.ContextProjector;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.relational.RelationalProjector;
import dev.driftless.schemas.EventEncoder;
import dev.driftless.schemas.EventRegistry;
import dev.driftless.schemas.SubjectKey;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A log of its own on the servers of a benchmark. For one thread. */
final class BenchLog implements AutoCloseable {

  static final int PARTITIONS = 4;

  static final List<Integer> PARTITION_NUMBERS = IntStream.range(0, PARTITIONS).boxed().toList();

  private static final int CHUNK = 5_000;
  private static final Duration POLL = Duration.ofMillis(200);

  private final Map<String, String> environment;
  private final ProjectorsConfig config;
  private final EventRegistry registry;
  private final String qdrant;

  private BenchLog(
      Map<String, String> environment,
      ProjectorsConfig config,
      EventRegistry registry,
      String qdrant) {
    this.environment = environment;
    this.config = config;
    this.registry = registry;
    this.qdrant = qdrant;
  }

  /**
   * Makes its topics.
   *
   * @param name no other log of these servers has
   * @param variables that differ from what the servers' addresses say
   */
  static BenchLog create(
      Addresses servers, String name, Path state, Map<String, String> variables) {
    Map<String, String> environment = new HashMap<>(servers.environment());
    environment.put("DRIFTLESS_NAME", name);
    environment.put("DRIFTLESS_STATE", state.resolve(name).toString());
    environment.putAll(variables);
    ProjectorsConfig config = ProjectorsConfig.load(null, environment::get);
    EventRegistry registry = config.openRegistry();
    try (Admin admin = Admin.create(new HashMap<>(config.kafka()))) {
      registry.register();
      LogTopic.create(admin, config.names(), PARTITIONS, 1, Views.names());
    } catch (RuntimeException e) {
      registry.close();
      throw e;
    }
    return new BenchLog(environment, config, registry, servers.qdrantGrpc());
  }

  /** For processes that keep views of it. */
  Map<String, String> environment() {
    return environment;
  }

  ProjectorsConfig config() {
    return config;
  }

  EventRegistry registry() {
    return registry;
  }

  /** Of a view that is in PostgreSQL. */
  PostgresConfig postgres(String view) {
    return switch (view) {
      case "relational" -> config.relational();
      case "context" -> config.context();
      case "audit" -> config.audit();
      default -> throw new IllegalArgumentException(view);
    };
  }

  /** Of a view that is in PostgreSQL. */
  String schema(String view) {
    return switch (view) {
      case "relational" -> RelationalProjector.schema(config.names());
      case "context" -> ContextProjector.schema(config.names());
      case "audit" -> AuditProjector.schema(config.names());
      default -> throw new IllegalArgumentException(view);
    };
  }

  /** Makes what a view keeps its data in, which is empty. */
  void makeEmpty(String view) {
    try (Projector projector = Views.open(view, config)) {
      var unused = projector.acquire(0);
    }
  }

  /** The collection, or an alias of it, that the vector view keeps. */
  String collection() {
    return config.names().prefixed("-", "driftless-memories");
  }

  /**
   * Makes the vector view's collection, of which Qdrant builds no search index: it would do so with
   * all cores, some time after the points came, so that what is measured next pays for it.
   */
  BenchLog withoutSearchIndex() {
    makeEmpty("vector");
    QdrantCeiling.keepFromIndexing(qdrant, collection());
    return this;
  }

  MemoryLog open() {
    return MemoryLog.open(
        MemoryLogConfig.of(
                String.valueOf(config.kafka().get("bootstrap.servers")), config.registry().url())
            .withNames(config.names()));
  }

  /** Returns when all of them are acknowledged. */
  void append(List<MemoryEvent> events) {
    try (MemoryLog log = open()) {
      append(log, events);
    }
  }

  /** So many of the next of these events, of which few are in memory together. */
  void append(Workload workload, int events) {
    for (int left = events; left > 0; left -= CHUNK) {
      append(workload.next(Math.min(CHUNK, left)));
    }
  }

  /**
   * As {@link #append(List)}; readers see none of them before all are there.
   *
   * @return when they were about to be, by {@link System#nanoTime}
   */
  long appendAtOnce(List<MemoryEvent> events) throws Exception {
    EventEncoder encoder = new EventEncoder(registry);
    List<ProducerRecord<byte[], byte[]>> records =
        events.stream()
            .map(
                event ->
                    new ProducerRecord<>(
                        config.names().log(),
                        new SubjectKey(event.getTenant(), event.getSubject()).bytes(),
                        encoder.encode(event)))
            .toList();
    Map<String, String> settings = new HashMap<>(config.kafka());
    settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, config.names().log());
    try (KafkaProducer<byte[], byte[]> producer = BenchServers.producer(settings)) {
      producer.initTransactions();
      producer.beginTransaction();
      Publishing.send(producer, records);
      long committed = System.nanoTime();
      producer.commitTransaction();
      return committed;
    }
  }

  /** As {@link #append(List)}, to a log that is open. */
  static void append(MemoryLog log, List<MemoryEvent> events) {
    List<CompletableFuture<Receipt>> receipts = new ArrayList<>(events.size());
    events.forEach(event -> receipts.add(log.appendAsync(event)));
    receipts.forEach(CompletableFuture::join);
  }

  /** Of all partitions, from the beginning. */
  KafkaConsumer<byte[], byte[]> consumer() {
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            new HashMap<>(config.kafka()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> all =
        IntStream.range(0, PARTITIONS)
            .mapToObj(partition -> new TopicPartition(config.names().log(), partition))
            .toList();
    consumer.assign(all);
    consumer.seekToBeginning(all);
    return consumer;
  }

  /** Every record. */
  List<ConsumerRecord<byte[], byte[]>> read() {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      long end =
          consumer.endOffsets(consumer.assignment()).values().stream().mapToLong(x -> x).sum();
      while (records.size() < end) {
        consumer.poll(POLL).forEach(records::add);
      }
    }
    return records;
  }

  /** Its vectors are gone then, so that Qdrant does nothing more with them. */
  @Override
  public void close() {
    registry.close();
    QdrantCeiling.drop(qdrant, collection());
  }
}
