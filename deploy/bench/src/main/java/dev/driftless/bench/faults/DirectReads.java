package dev.driftless.bench.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.driftless.local.Addresses;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanIterator;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads all four servers whole, past every proxy, with what each offers to everybody. */
final class DirectReads implements AutoCloseable {

  private static final int PAGE = 2_000;

  /** Of a server that says nothing. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Addresses servers;
  private final Connection postgres;
  private final RedisClient redisClient;
  private final StatefulRedisConnection<String, String> redis;
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private final Admin admin;

  DirectReads(Addresses servers) throws SQLException {
    this.servers = servers;
    Properties properties = new Properties();
    properties.setProperty("user", servers.postgresUser());
    properties.setProperty("password", servers.postgresPassword());
    properties.setProperty("socketTimeout", Long.toString(PATIENCE.toSeconds()));
    this.postgres = DriverManager.getConnection(servers.jdbcUrl(), properties);
    this.redisClient = RedisClient.create(servers.redisUrl());
    this.redis = redisClient.connect();
    this.admin = Admin.create(kafka());
  }

  Admin admin() {
    return admin;
  }

  void sql(String statements) throws SQLException {
    try (Statement statement = postgres.createStatement()) {
      statement.execute(statements);
    }
  }

  /** Each row's columns as text. */
  void rows(String query, Consumer<List<String>> reader) throws SQLException {
    try (Statement statement = postgres.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      int columns = rows.getMetaData().getColumnCount();
      while (rows.next()) {
        List<String> row = new ArrayList<>();
        for (int c = 1; c <= columns; c++) {
          row.add(rows.getString(c));
        }
        reader.accept(row);
      }
    }
  }

  /** Every hash whose key fits the pattern. */
  void hashes(String pattern, BiConsumer<String, Map<String, String>> reader)
      throws InterruptedException, ExecutionException, TimeoutException {
    Map<String, RedisFuture<Map<String, String>>> asked = new LinkedHashMap<>();
    ScanIterator.scan(redis.sync(), ScanArgs.Builder.matches(pattern).limit(PAGE))
        .forEachRemaining(key -> asked.computeIfAbsent(key, redis.async()::hgetall));
    for (var answer : asked.entrySet()) {
      reader.accept(answer.getKey(), answer.getValue().get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    }
  }

  /** The payload of every point of a collection or alias. */
  void points(String collection, Consumer<JsonNode> reader)
      throws IOException, InterruptedException {
    Map<String, Object> page = new LinkedHashMap<>(Map.of("limit", PAGE, "with_payload", true));
    JsonNode next;
    do {
      JsonNode result =
          qdrant("POST", "/collections/" + collection + "/points/scroll", page).path("result");
      result.path("points").forEach(point -> reader.accept(point.path("payload")));
      next = result.path("next_page_offset");
      page.put("offset", next);
    } while (!next.isNull());
  }

  JsonNode qdrant(String method, String path, Map<String, ?> body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(servers.qdrantHttp() + path))
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)))
            .build();
    HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException(
          "%s %s: status %d: %s".formatted(method, path, answer.statusCode(), answer.body()));
    }
    return JSON.readTree(answer.body());
  }

  /**
   * Every record of a topic, up to where its partitions end now.
   *
   * @throws IllegalStateException if the broker gives none for too long
   */
  void records(String topic, Consumer<ConsumerRecord<byte[], byte[]>> reader) {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(kafka(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(topic, p.partition()))
              .toList();
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      while (ends.entrySet().stream().anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
        ConsumerRecords<byte[], byte[]> records = consumer.poll(PATIENCE);
        if (records.isEmpty()) {
          throw new IllegalStateException(
              "%s: the broker gives no records before the end, for %d s"
                  .formatted(topic, PATIENCE.toSeconds()));
        }
        records.forEach(reader);
      }
    }
  }

  static JsonNode json(byte[] bytes) {
    try {
      return JSON.readTree(bytes);
    } catch (IOException e) {
      throw new IllegalStateException("not JSON", e);
    }
  }

  private Map<String, Object> kafka() {
    return Map.of(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, servers.kafkaBootstrapServers());
  }

  @Override
  public void close() {
    admin.close();
    redisClient.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    try {
      postgres.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
