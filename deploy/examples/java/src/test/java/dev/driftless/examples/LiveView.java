package dev.driftless.examples;

import dev.driftless.local.Addresses;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.producer.LogTopic;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.MemoryLogConfig;
import dev.driftless.producer.journal.AgentSession;
import dev.driftless.producer.journal.ToolCallJournal;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.relational.RelationalProjector;
import dev.driftless.projectors.runtime.RuntimeConfig;
import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.schemas.EventRegistry;
import dev.driftless.schemas.Names;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;

/** A log of its own on real servers, with its relational view, kept by the real projector. */
final class LiveView implements AutoCloseable {

  /** For a view that is kept; nothing is tested by how long it takes. */
  static final Duration PATIENCE = Duration.ofMinutes(2);

  final Names names =
      new Names("j" + UUID.randomUUID().toString().substring(0, 13).replace("-", ""));
  final MemoryLog log;
  final DataSource postgres;

  private final Addresses servers;
  private final Path state;
  private final EventRegistry registry;
  private ViewApplication view;

  LiveView(TestStack stack, Duration timeout, Path state) {
    this.servers = stack.with(ServerKind.KAFKA, ServerKind.REGISTRY, ServerKind.POSTGRES);
    this.state = state;
    this.registry = new EventRegistry(servers.schemaRegistryUrl(), names, Map.of());
    registry.register();
    try (Admin admin = Admin.create(Map.copyOf(kafka()))) {
      LogTopic.create(admin, names, 1, 1, List.of("relational"));
    }
    this.log =
        MemoryLog.open(
            MemoryLogConfig.of(servers.kafkaBootstrapServers(), servers.schemaRegistryUrl())
                .withNames(names)
                .withTimeout(timeout));
    this.postgres = Servers.postgres(environment());
    this.view = start();
  }

  Map<String, String> kafka() {
    return Map.of("bootstrap.servers", servers.kafkaBootstrapServers());
  }

  /** What programs are told of these servers. */
  Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>(servers.environment());
    environment.put("DRIFTLESS_NAME", names.name());
    return environment;
  }

  ToolCallJournal journal(String subject, String session) {
    return ToolCallJournal.of(log, postgres, new AgentSession("acme", subject, "booker", session));
  }

  /** Nobody keeps the view until {@link #resume}. */
  void pause() {
    view.close();
  }

  void resume() {
    view = start();
  }

  /** The rows, their columns joined by spaces; {@code <schema>} is the view's. */
  List<String> query(String sql) {
    try (Connection connection = postgres.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(sql.replace("<schema>", names.prefixed("_", "driftless")))) {
      List<String> found = new ArrayList<>();
      while (rows.next()) {
        List<String> columns = new ArrayList<>();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
          columns.add(rows.getString(i));
        }
        found.add(String.join(" ", columns));
      }
      return found;
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private ViewApplication start() {
    RuntimeConfig config =
        new RuntimeConfig(
            names,
            kafka(),
            state,
            null,
            1,
            500,
            Duration.ofMillis(200),
            Duration.ofMillis(200),
            Duration.ofHours(24));
    PostgresConfig store =
        new PostgresConfig(
            servers.jdbcUrl(),
            servers.postgresUser(),
            servers.postgresPassword(),
            3,
            Duration.ofSeconds(5),
            Duration.ofSeconds(30));
    ViewApplication application =
        new ViewApplication(
            new RelationalProjector(store, names), registry, config, new SimpleMeterRegistry());
    application.start();
    return application;
  }

  @Override
  public void close() {
    view.close();
    log.close();
    registry.close();
  }
}
