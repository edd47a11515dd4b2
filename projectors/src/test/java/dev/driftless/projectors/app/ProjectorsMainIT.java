package dev.driftless.projectors.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.driftless.local.Addresses;
import dev.driftless.local.FaultyProxy;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.Events;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.TestLog;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.relational.RelationalProjector;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process as it is deployed. */
final class ProjectorsMainIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int EVENTS = 100;

  /** One text at least. */
  private static final Pattern APPLIED =
      Pattern.compile("disposition=\"apply\",view=\"vector\"} [1-9]");

  @TempDir private Path directory;

  private final HttpClient http = HttpClient.newHttpClient();
  private final ProjectorsProcesses processes = new ProjectorsProcesses();
  private final TestLog log = new TestLog(PATIENCE);

  @AfterEach
  void end() {
    processes.close();
    log.close();
  }

  @Test
  void tells_how_it_is() throws Exception {
    Process process = start("relational", Map.of());
    URI pages = pages(process);
    Awaitility.await().atMost(PATIENCE).until(() -> get(pages, "health/ready").statusCode() == 200);
    assertThat(get(pages, "health/ready").body())
        .isEqualTo("{\"views\":{\"relational\":\"running\"}}");
    assertThat(get(pages, "health/live").statusCode()).isEqualTo(200);
    log.publish(Events.recorded("m1", "text"));
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(get(pages, "metrics").body())
                    .contains(
                        "driftless_records_total{disposition=\"apply\",view=\"relational\"} 1.0")
                    .contains("jvm_memory_used_bytes"));
    assertThat(get(pages, "anything").statusCode()).isEqualTo(404);
    HttpRequest post =
        HttpRequest.newBuilder(pages).POST(HttpRequest.BodyPublishers.noBody()).build();
    assertThat(http.send(post, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(405);
  }

  @Test
  void a_term_in_the_middle_of_its_work_loses_nothing() throws Exception {
    Process process = ready(Map.of("DRIFTLESS_MAX_BATCH", "1"));
    try (Projector reader = new RelationalProjector(PostgresFixture.server(), log.names())) {
      try (Connection held = holdUp()) {
        publish();
        awaitHeldUp();
        process.destroy();
        held.rollback();
      }
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(128 + 15);
      assertThat(committed("relational")).isEqualTo(log.positions(reader)).isNotEqualTo(log.ends());
      start("relational", Map.of());
      awaitAll(reader);
    }
  }

  /** Ten seconds are promised; a busy machine has five more. */
  @Test
  void a_term_ends_it_within_ten_seconds_though_the_store_hangs() throws Exception {
    // cut short, it does not leave its group: after this its partitions go to the next
    Path missedSoon = directory.resolve("missed-soon.yaml");
    Files.writeString(missedSoon, "kafka: {session.timeout.ms: 10000}");
    Process process = ready(Map.of(), "--config", missedSoon.toString());
    try (Projector reader = new RelationalProjector(PostgresFixture.server(), log.names())) {
      try (Connection held = holdUp()) {
        publish();
        awaitHeldUp();
        process.destroy();
        assertThat(process.waitFor(15, TimeUnit.SECONDS)).isTrue();
        held.rollback();
      }
      start("relational", Map.of());
      awaitAll(reader);
    }
  }

  /** What the embedding model's library does at the end of a process must not meet its use. */
  @Test
  void a_term_while_texts_are_embedded_finishes_what_it_began() throws Exception {
    log.publish(
        IntStream.range(0, EVENTS).mapToObj(i -> Events.recorded("m" + i, "text " + i)).toList());
    Process process =
        start(
            "vector",
            Map.of(
                "QDRANT_GRPC",
                TestStack.shared().with(ServerKind.QDRANT).qdrantGrpc(),
                "DRIFTLESS_MAX_BATCH",
                "1"));
    URI pages = pages(process);
    Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> APPLIED.matcher(get(pages, "metrics").body()).find());
    process.destroy();
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(processes.output(process)).isEqualTo(128 + 15);
    assertThat(processes.output(process))
        .contains("ProjectorsMain stopped")
        .doesNotContain("attempt=");
    assertThat(committed("vector")).isNotEqualTo(log.ends());
  }

  /** In the middle of a write to each kind of store. */
  @Tag("long")
  @Test
  void a_term_ends_it_within_ten_seconds_though_no_store_answers() throws Exception {
    Addresses servers = TestStack.shared().with(ServerKind.values());
    URI redis = URI.create(servers.redisUrl());
    URI qdrant = URI.create("grpc://" + servers.qdrantGrpc());
    try (FaultyProxy postgres = FaultyProxy.before(servers.postgresHost(), servers.postgresPort());
        FaultyProxy cache = FaultyProxy.before(redis.getHost(), redis.getPort());
        FaultyProxy vector = FaultyProxy.before(qdrant.getHost(), qdrant.getPort())) {
      Process process =
          ready(
              Map.of(
                  "PGPORT", Integer.toString(postgres.port()),
                  "REDIS_URL", "redis://127.0.0.1:" + cache.port(),
                  "QDRANT_GRPC", "127.0.0.1:" + vector.port()),
              "--view",
              "cache",
              "--view",
              "vector");
      List<FaultyProxy> proxies = List.of(postgres, cache, vector);
      proxies.forEach(FaultyProxy::holdBack);
      publish();
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> proxies.stream().allMatch(proxy -> proxy.heldBack() > 0));
      process.destroy();
      assertThat(process.waitFor(15, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(128 + 15);
    }
  }

  @Test
  void clients_that_send_half_a_request_keep_nobody_else_from_an_answer() throws Exception {
    URI pages = pages(start("relational", Map.of()));
    List<Socket> halves = new ArrayList<>();
    try {
      for (int i = 0; i < 8; i++) {
        Socket half = new Socket(pages.getHost(), pages.getPort());
        halves.add(half);
        half.getOutputStream().write("GET /health".getBytes(ISO_8859_1));
      }
      assertThat(get(pages, "health/live").statusCode()).isEqualTo(200);
    } finally {
      for (Socket half : halves) {
        half.close();
      }
    }
  }

  @Test
  void a_port_that_is_taken_is_named_with_its_setting() throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      String port = Integer.toString(taken.getLocalPort());
      Process process = start("relational", Map.of("DRIFTLESS_HTTP_PORT", port));
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(1);
      assertThat(processes.output(process))
          .contains("cannot serve on 127.0.0.1:" + port)
          .contains("http.port");
    }
  }

  @Test
  void its_spans_go_where_opentelemetrys_own_variables_say() throws Exception {
    Queue<String> received = new ConcurrentLinkedQueue<>();
    HttpServer collector = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    collector.createContext(
        "/v1/traces",
        exchange -> {
          try (exchange) {
            received.add(new String(exchange.getRequestBody().readAllBytes(), ISO_8859_1));
            exchange.sendResponseHeaders(200, -1);
          }
        });
    collector.start();
    try {
      String address = "http://127.0.0.1:" + collector.getAddress().getPort();
      start(
          "relational",
          Map.of("DRIFTLESS_TRACING", "true", "OTEL_EXPORTER_OTLP_ENDPOINT", address));
      ProducerRecord<byte[], byte[]> traced = log.record(Events.recorded("m1", "text"));
      String parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
      traced.headers().add("traceparent", parent.getBytes(ISO_8859_1));
      log.publishRaw(List.of(traced));
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(String.join("", received))
                      .contains("driftless-projectors", "write relational"));
    } finally {
      collector.stop(0);
    }
  }

  private Process ready(Map<String, String> more, String... options) throws IOException {
    Process process = start("relational", more, options);
    URI pages = pages(process);
    Awaitility.await().atMost(PATIENCE).until(() -> get(pages, "health/ready").statusCode() == 200);
    return process;
  }

  private void publish() {
    log.publish(
        IntStream.range(0, EVENTS).mapToObj(i -> Events.recorded("m" + i, "text")).toList());
  }

  /** Nothing is written until this is rolled back. */
  private Connection holdUp() throws SQLException {
    PostgresConfig postgres = PostgresFixture.server();
    Connection connection =
        DriverManager.getConnection(postgres.url(), postgres.user(), postgres.password());
    connection.setAutoCommit(false);
    try (Statement lock = connection.createStatement()) {
      lock.execute("LOCK TABLE %s.memory_versions IN EXCLUSIVE MODE".formatted(schema()));
    }
    return connection;
  }

  private void awaitHeldUp() {
    Awaitility.await()
        .atMost(PATIENCE)
        .until(
            () ->
                count(
                        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = '%s.memory_versions'::regclass"
                            .formatted(schema()))
                    > 0);
  }

  private void awaitAll(Projector reader) {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(log.positions(reader)).isEqualTo(log.ends()));
    assertThat(count("SELECT count(*) FROM %s.memory_versions".formatted(schema())))
        .isEqualTo(EVENTS);
  }

  private int count(String sql) {
    PostgresConfig postgres = PostgresFixture.server();
    return Jdbi.create(postgres.url(), postgres.user(), postgres.password())
        .<Integer, RuntimeException>withHandle(
            handle -> handle.select(sql).mapTo(Integer.class).one());
  }

  private String schema() {
    return RelationalProjector.schema(log.names());
  }

  private List<Long> committed(String view) throws Exception {
    var offsets =
        log.admin()
            .listConsumerGroupOffsets(log.names().group(view))
            .partitionsToOffsetAndMetadata()
            .get();
    return IntStream.range(0, TestLog.PARTITIONS)
        .mapToObj(p -> offsets.get(new TopicPartition(log.names().log(), p)))
        .map(offset -> offset == null ? 0L : (Long) offset.offset())
        .toList();
  }

  private Process start(String view, Map<String, String> more, String... options)
      throws IOException {
    Map<String, String> environment = new HashMap<>();
    environment.putAll(
        TestStack.shared()
            .with(ServerKind.KAFKA, ServerKind.REGISTRY, ServerKind.POSTGRES)
            .environment());
    environment.put("DRIFTLESS_NAME", log.names().name());
    environment.putAll(more);
    List<String> arguments = new ArrayList<>(List.of("--view", view));
    arguments.addAll(List.of(options));
    return processes.start(directory, environment, arguments.toArray(String[]::new));
  }

  private URI pages(Process process) {
    Pattern said = Pattern.compile("health=(http://\\S+)");
    Awaitility.await().atMost(PATIENCE).until(() -> said.matcher(processes.output(process)).find());
    try {
      Matcher found = said.matcher(processes.output(process));
      assertThat(found.find()).isTrue();
      return URI.create(found.group(1));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private HttpResponse<String> get(URI pages, String page) throws Exception {
    return http.send(
        HttpRequest.newBuilder(pages.resolve(page)).build(), HttpResponse.BodyHandlers.ofString());
  }
}
