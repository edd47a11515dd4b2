package dev.driftless.bench.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.driftless.bench.chaos.check.Stores;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/** Takes away all that a store holds of a view, in one step. */
final class Wipe {

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private Wipe() {}

  static void schema(Stores stores, String schema) {
    try (Connection connection =
            DriverManager.getConnection(stores.jdbcUrl(), stores.user(), stores.password());
        Statement statement = connection.createStatement()) {
      statement.execute("DROP SCHEMA IF EXISTS %s CASCADE".formatted(schema));
    } catch (SQLException e) {
      throw new IllegalStateException("cannot drop schema " + schema, e);
    }
  }

  static void redis(String url) {
    RedisClient client = RedisClient.create(url);
    try (StatefulRedisConnection<String, String> connection = client.connect()) {
      String unused = connection.sync().flushall();
    } finally {
      client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
    }
  }

  /** All collections whose names begin with the installation's. */
  static void collections(Stores stores) {
    JsonNode all = call(stores, "GET", "/collections").get("result").get("collections");
    for (JsonNode collection : all) {
      String name = collection.get("name").asText();
      if (name.startsWith(stores.name() + "-")) {
        JsonNode unused = call(stores, "DELETE", "/collections/" + name);
      }
    }
  }

  private static JsonNode call(Stores stores, String method, String path) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(stores.qdrantUrl() + path))
              .timeout(Duration.ofSeconds(30))
              .method(method, HttpRequest.BodyPublishers.noBody())
              .build();
      HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
      return new ObjectMapper().readTree(answer.body());
    } catch (IOException e) {
      throw new UncheckedIOException(path + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
