package dev.driftless.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.producer.LogTopic;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Spares;
import dev.driftless.projectors.app.Views;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.schemas.EventRegistry;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/** A log of its own on the shared servers, and all its views, kept in this process. */
final class Installation implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Map<String, String> environment;
  private final ProjectorsConfig config;
  private final EventRegistry registry;
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final List<ViewApplication> applications = new ArrayList<>();
  private @Nullable Spares spares;

  Installation(Path stateDirectory) throws Exception {
    this(stateDirectory, 2);
  }

  Installation(Path stateDirectory, int partitions) throws Exception {
    this(stateDirectory, TestStack.shared().with(ServerKind.values()).environment(), partitions);
  }

  /** On other servers than the shared ones. */
  Installation(Path stateDirectory, Map<String, String> servers, int partitions) throws Exception {
    environment = new HashMap<>(servers);
    environment.put(
        "DRIFTLESS_NAME", "t" + UUID.randomUUID().toString().substring(0, 13).replace("-", ""));
    environment.put("DRIFTLESS_STATE", stateDirectory.toString());
    environment.put("DRIFTLESS_CHECK_INTERVAL", "PT0.5S");
    environment.put("DRIFTLESS_COMMIT_INTERVAL", "PT1S");
    config = ProjectorsConfig.load(null, environment::get);
    registry = config.openRegistry();
    registry.register();
    try (Admin admin = Admin.create(new HashMap<>(config.kafka()))) {
      assertThat(LogTopic.create(admin, config.names(), partitions, 1, Views.names()).partitions())
          .isEqualTo(partitions);
    }
  }

  Map<String, String> environment() {
    return environment;
  }

  ProjectorsConfig config() {
    return config;
  }

  void startViews() {
    startViews(Views.names());
  }

  void startViews(List<String> views) {
    for (String view : views) {
      applications.add(
          new ViewApplication(Views.open(view, config), registry, config.runtime(), meters));
    }
    applications.forEach(ViewApplication::start);
    spares = Spares.of(views, config, registry, new SimpleMeterRegistry());
  }

  void stopViews() {
    if (spares != null) {
      spares.close();
    }
    ViewApplication.closeAll(applications);
    applications.clear();
  }

  /** Waits until nothing of the log is left to apply by these views. */
  void awaitCaughtUp(List<String> views) {
    await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(300))
        .untilAsserted(() -> assertThat(lags()).extractingByKeys(names(views)).containsOnly(0L));
  }

  private static String[] names(List<String> views) {
    return views.toArray(String[]::new);
  }

  /** By view, how far {@code views list} says that it is behind; negative if it could not tell. */
  Map<String, Long> lags() {
    Map<String, Long> lags = new HashMap<>();
    for (JsonNode view : run("views", "list", "--json").json().path("views")) {
      lags.put(view.path("view").asText(), view.path("lag").asLong(-1));
    }
    return lags;
  }

  /** How many records this view's store has acknowledged, counting those that were read again. */
  long applied(String view) {
    return Math.round(
        meters.get("driftless.records").tag("view", view).counters().stream()
            .mapToDouble(Counter::count)
            .sum());
  }

  Run run(String... arguments) {
    return Run.of(Driftless.commandLine(environment), arguments);
  }

  /** Publishes lines through the command. */
  Run publish(String lines, String... options) {
    Run run = tryToPublish(lines, options);
    assertThat(run.exitCode()).as(run.err()).isZero();
    return run;
  }

  /** As {@link #publish}, whatever comes of it. */
  Run tryToPublish(String lines, String... options) {
    PublishCommand command =
        new PublishCommand(environment, new ByteArrayInputStream(lines.getBytes(UTF_8)));
    return Run.of(Driftless.commandLine(command), options);
  }

  /**
   * As someone who owns the database could; {@code %s} is this schema of the installation. Answers
   * how many rows it changed.
   */
  int sql(String schema, String statement) {
    PostgresConfig database = config.relational();
    return Jdbi.create(database.url(), database.user(), database.password())
        .<Integer, RuntimeException>withHandle(
            handle -> handle.execute(statement.formatted(config.names().prefixed("_", schema))));
  }

  /** Appends a record as it is, as a client with a fault would. */
  void append(byte @Nullable [] key, byte[] value) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(
            new HashMap<>(config.kafka()), new ByteArraySerializer(), new ByteArraySerializer())) {
      Integer partition = key == null ? 0 : null;
      assertThat(
              producer
                  .send(new ProducerRecord<>(config.names().log(), partition, key, value))
                  .get()
                  .hasOffset())
          .isTrue();
    }
  }

  @Override
  public void close() {
    stopViews();
    registry.close();
  }
}
