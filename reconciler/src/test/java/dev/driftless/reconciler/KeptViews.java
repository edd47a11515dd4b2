package dev.driftless.reconciler;

import dev.driftless.events.MemoryEvent;
import dev.driftless.local.Addresses;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.producer.LogTopic;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.MemoryLogConfig;
import dev.driftless.producer.Receipt;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Spares;
import dev.driftless.projectors.app.Views;
import dev.driftless.projectors.runtime.DeadLetter;
import dev.driftless.projectors.runtime.DeadLetterLog;
import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.EventEncoder;
import dev.driftless.schemas.EventRegistry;
import dev.driftless.schemas.SubjectKey;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A log of its own on real servers, and views of it, kept by projectors in this JVM. */
final class KeptViews implements AutoCloseable {

  static final int PARTITIONS = 2;

  /** Until a process has started on a busy machine, and joined its group again. */
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final Map<String, String> variables = new HashMap<>();
  private final Path directory = temporaryDirectory();
  private final ProjectorsConfig config;
  private final EventRegistry registry;
  private final MemoryLog log;
  private final Map<String, ViewApplication> running = new LinkedHashMap<>();
  private @Nullable Spares spares;

  KeptViews() {
    this(TestStack.shared().with(ServerKind.values()), Map.of());
  }

  KeptViews(Addresses servers, Map<String, String> more) {
    variables.putAll(servers.environment());
    variables.put(
        "DRIFTLESS_NAME", "t" + UUID.randomUUID().toString().substring(0, 13).replace("-", ""));
    variables.put("DRIFTLESS_STATE", directory.resolve("projectors").toString());
    variables.put("DRIFTLESS_CHECK_INTERVAL", "PT0.3S");
    variables.put("DRIFTLESS_COMMIT_INTERVAL", "PT0.5S");
    variables.putAll(more);
    config = ProjectorsConfig.load(null, variables::get);
    try (Admin admin = Admin.create(new HashMap<>(config.kafka()))) {
      LogTopic.create(admin, config.names(), PARTITIONS, 1, Views.names());
    }
    registry = config.openRegistry();
    registry.register();
    log =
        MemoryLog.open(
            MemoryLogConfig.of(
                    String.valueOf(config.kafka().get("bootstrap.servers")),
                    config.registry().url())
                .withNames(config.names()));
  }

  ProjectorsConfig config() {
    return config;
  }

  Path directory() {
    return directory;
  }

  /** What the environment says of the servers, for example where Qdrant's REST interface is. */
  String variable(String name) {
    return String.valueOf(variables.get(name));
  }

  /** What a projector process of these views has to find in its environment. */
  Map<String, String> variables() {
    return variables;
  }

  void start() {
    Views.names().forEach(this::start);
  }

  void start(String view) {
    ViewApplication application =
        new ViewApplication(
            Views.open(view, config), registry, config.runtime(), new SimpleMeterRegistry());
    application.start();
    running.put(view, application);
  }

  /** Keeps the spare generations of all views too, until {@link #stopSpares}. */
  void keepSpares() {
    spares = Spares.of(Views.names(), config, registry, new SimpleMeterRegistry());
  }

  void stopSpares() {
    if (spares != null) {
      spares.close();
      spares = null;
    }
  }

  void stop(String view) {
    ViewApplication application = running.remove(view);
    if (application != null) {
      application.close();
    }
  }

  /** Appends the events in this order; returns where they are. */
  List<Receipt> publish(List<MemoryEvent> events) {
    List<CompletableFuture<Receipt>> receipts = events.stream().map(log::appendAsync).toList();
    return receipts.stream().map(CompletableFuture::join).toList();
  }

  /** Appends the events as of another schema that says the same. */
  void publish(List<MemoryEvent> events, int schemaId) {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            new HashMap<>(config.kafka()), new ByteArraySerializer(), new ByteArraySerializer())) {
      for (MemoryEvent event : events) {
        ProducerRecord<byte[], byte[]> r = record(event);
        ByteBuffer.wrap(r.value()).putInt(1, schemaId);
        var unused = producer.send(r);
      }
    }
  }

  /** Appends the events in one transaction, which leaves a control record in each partition. */
  void publishAtOnce(List<MemoryEvent> events, boolean commit) {
    Map<String, Object> settings = new HashMap<>(config.kafka());
    settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, config.names().prefixed("-", "test"));
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.initTransactions();
      producer.beginTransaction();
      for (MemoryEvent event : events) {
        var unused = producer.send(record(event));
      }
      producer.flush();
      if (commit) {
        producer.commitTransaction();
      } else {
        producer.abortTransaction();
      }
    }
  }

  private ProducerRecord<byte[], byte[]> record(MemoryEvent event) {
    byte[] key = new SubjectKey(event.getTenant(), event.getSubject()).bytes();
    return new ProducerRecord<>(
        config.names().log(), key, new EventEncoder(registry).encode(event));
  }

  /** Waits until these views hold all that is in the log, for as long as they get on. */
  void awaitCaughtUp(String... views) {
    try (Lag lag = new Lag(config)) {
      for (String view : views.length == 0 ? Views.names() : List.of(views)) {
        for (long left = left(lag, view); left > 0; left = left(lag, view)) {
          long before = left;
          Awaitility.await(view + " gets on")
              .atMost(PATIENCE)
              .pollInterval(Duration.ofMillis(50))
              .until(() -> left(lag, view) < before);
        }
      }
    }
  }

  private static long left(Lag lag, String view) {
    ViewLag now = lag.read(view);
    return now.isKnown() ? now.events() : Long.MAX_VALUE;
  }

  /** What the view set aside. */
  List<DeadLetter> letters(String view) {
    try (DeadLetterLog letters =
        new DeadLetterLog(config.kafka(), config.names(), new EventDecoder(registry))) {
      return letters.list(view);
    }
  }

  /** With a directory of its own; the caller closes it. */
  Reconciler reconciler(String name) {
    return Reconciler.open(config, name, directory.resolve(name), line -> {});
  }

  RepairLimits limits(double maxPercent) {
    return new RepairLimits(maxPercent, directory.resolve("exports"), Duration.ofMinutes(2));
  }

  @Override
  public void close() {
    stopSpares();
    ViewApplication.closeAll(running.values());
    log.close();
    registry.close();
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(java.io.File::delete);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path temporaryDirectory() {
    try {
      return Files.createTempDirectory("driftless-reconciler-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
