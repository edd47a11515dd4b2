package dev.driftless.local;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Leaves marks in servers, each acknowledged before {@code leave} returns, and finds them again.
 */
record Marks(Addresses servers) {
  private static final TopicPartition TOPIC = new TopicPartition("marks", 0);

  /**
   * A mark is a small number that fits every server: a record, a schema, a row, an item, a point.
   */
  void leave(ServerKind kind, int mark) throws Exception {
    switch (kind) {
      case KAFKA -> produce(mark);
      case REGISTRY -> register(mark);
      case POSTGRES ->
          sql(
              "create table if not exists marks(mark int)",
              "insert into marks values (" + mark + ")");
      // with "everysec" a killed Redis may lose what it acknowledged during a long sync
      case REDIS -> redis("CONFIG SET appendfsync always\r\nRPUSH marks " + mark);
      case QDRANT -> upsert(mark);
    }
  }

  List<Integer> find(ServerKind kind) throws Exception {
    return switch (kind) {
      case KAFKA -> consume();
      case REGISTRY ->
          numbers(http("GET", servers.schemaRegistryUrl() + "/subjects", "").replace("mark-", ""));
      case POSTGRES -> rows();
      case REDIS -> numbers(redis("SORT marks").replaceAll("\\$\\d+", ""));
      case QDRANT -> points();
    };
  }

  private void produce(int mark) throws Exception {
    try (Admin admin = Admin.create(kafka())) {
      admin.createTopics(Set.of(new NewTopic(TOPIC.topic(), 1, (short) 1))).all().get();
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw e;
      }
    }
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(kafka(), new StringSerializer(), new StringSerializer())) {
      producer.send(new ProducerRecord<>(TOPIC.topic(), String.valueOf(mark))).get();
    }
  }

  private List<Integer> consume() {
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(kafka(), new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(List.of(TOPIC));
      consumer.seekToBeginning(List.of(TOPIC));
      Long end = consumer.endOffsets(List.of(TOPIC)).get(TOPIC);
      List<Integer> marks = new ArrayList<>();
      Instant deadline = Instant.now().plusSeconds(30);
      while (end != null && consumer.position(TOPIC) < end && Instant.now().isBefore(deadline)) {
        consumer
            .poll(Duration.ofMillis(100))
            .forEach(found -> marks.add(Integer.valueOf(found.value())));
      }
      return marks;
    }
  }

  private Map<String, Object> kafka() {
    return Map.of("bootstrap.servers", servers.kafkaBootstrapServers());
  }

  private void register(int mark) throws Exception {
    http(
        "POST",
        servers.schemaRegistryUrl() + "/subjects/mark-" + mark + "/versions",
        "{\"schema\":\"{\\\"type\\\":\\\"fixed\\\",\\\"name\\\":\\\"m\\\",\\\"size\\\":"
            + mark
            + "}\"}");
  }

  private void upsert(int mark) throws Exception {
    String collection = servers.qdrantHttp() + "/collections/marks";
    try {
      http("PUT", collection, "{\"vectors\":{\"size\":1,\"distance\":\"Dot\"}}");
    } catch (IOException exists) {
      http("GET", collection, "");
    }
    http(
        "PUT",
        collection + "/points?wait=true",
        "{\"points\":[{\"id\":" + mark + ",\"vector\":[1]}]}");
  }

  private List<Integer> points() throws Exception {
    String page =
        http("POST", servers.qdrantHttp() + "/collections/marks/points/scroll", "{\"limit\":99}");
    List<Integer> marks = new ArrayList<>();
    Matcher id = Pattern.compile("\"id\":(\\d+)").matcher(page);
    while (id.find()) {
      marks.add(Integer.valueOf(id.group(1)));
    }
    return marks;
  }

  private static String http(String method, String uri, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(uri))
            .header("content-type", "application/json")
            .timeout(Duration.ofSeconds(20))
            .method(method, BodyPublishers.ofString(body))
            .build();
    var response = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException(
          method + " " + uri + " gave " + response.statusCode() + " " + response.body());
    }
    return response.body();
  }

  private void sql(String... statements) throws Exception {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private List<Integer> rows() throws Exception {
    List<Integer> marks = new ArrayList<>();
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("select mark from marks order by mark")) {
      while (rows.next()) {
        marks.add(rows.getInt(1));
      }
    }
    return marks;
  }

  private Connection connect() throws Exception {
    return DriverManager.getConnection(
        servers.jdbcUrl(), servers.postgresUser(), servers.postgresPassword());
  }

  private String redis(String command) throws IOException {
    URI uri = URI.create(servers.redisUrl());
    try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
      socket.getOutputStream().write((command + "\r\nQUIT\r\n").getBytes(StandardCharsets.UTF_8));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      // The first line is the count of what follows, the last one answers QUIT.
      return Optional.of(answer.indexOf('\n')).map(answer::substring).orElseThrow();
    }
  }

  private static List<Integer> numbers(String text) {
    return Arrays.stream(text.split("\\D+", -1))
        .filter(word -> !word.isEmpty())
        .map(Integer::valueOf)
        .sorted()
        .toList();
  }
}
