package dev.driftless.reconciler;

import dev.driftless.projectors.audit.AuditProjector;
import dev.driftless.projectors.context.ContextProjector;
import dev.driftless.projectors.relational.RelationalProjector;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** What somebody with the stores' passwords can do to them behind the projectors' backs. */
final class Stores implements AutoCloseable {

  private final KeptViews views;
  private final Connection postgres;
  private final RedisClient redisClient;
  private final StatefulRedisConnection<String, String> redis;
  private final HttpClient http = HttpClient.newHttpClient();

  Stores(KeptViews views) {
    this.views = views;
    try {
      var config = views.config().relational();
      this.postgres = DriverManager.getConnection(config.url(), config.user(), config.password());
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    this.redisClient = RedisClient.create(views.variable("REDIS_URL"));
    this.redis = redisClient.connect();
  }

  /**
   * A statement in which {@code R}, {@code C} and {@code A} stand for the views' schemas, and
   * {@code RS}, {@code CS} and {@code AS} for those of their spare generations.
   */
  int sql(String statement) {
    try (Statement s = postgres.createStatement()) {
      s.execute(inSchemas(statement));
      return s.getUpdateCount();
    } catch (SQLException e) {
      throw new IllegalStateException(statement, e);
    }
  }

  /** The first column. */
  List<String> query(String statement) {
    List<String> answers = new ArrayList<>();
    try (Statement s = postgres.createStatement();
        ResultSet rows = s.executeQuery(inSchemas(statement))) {
      while (rows.next()) {
        answers.add(rows.getString(1));
      }
      return answers;
    } catch (SQLException e) {
      throw new IllegalStateException(statement, e);
    }
  }

  /** The schema of the relational view. */
  String relational() {
    return RelationalProjector.schema(views.config().names());
  }

  RedisCommands<String, String> redis() {
    return redis.sync();
  }

  /** A key of the cache view, given what follows the prefix. */
  String key(String rest) {
    return views.config().names().prefixed(":", "driftless:") + rest;
  }

  /** A key of a subject of acme. */
  String key(String subject, String part) {
    return key("{" + Events.TENANT + "/" + subject + "}:" + part);
  }

  /** Calls Qdrant's REST interface of the view's collection, and returns the answer. */
  String qdrant(String method, String path, String json) {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(
                  URI.create(views.variable("QDRANT_HTTP") + "/collections/" + collection() + path))
              .method(method, HttpRequest.BodyPublishers.ofString(json))
              .header("Content-Type", "application/json")
              .build();
      HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 200) {
        throw new IllegalStateException(path + ": " + answer.body());
      }
      return answer.body();
    } catch (java.io.IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private String collection() {
    return views.config().names().prefixed("-", "driftless-memories");
  }

  /** The id of a memory's point, as the layout gives it. */
  static UUID point(String subject, String memory) {
    try {
      var sha1 = java.security.MessageDigest.getInstance("SHA-1");
      UUID space = UUID.fromString("d01e151b-1730-5a6c-b75c-3bcb725e510f");
      sha1.update(
          java.nio.ByteBuffer.allocate(16)
              .putLong(space.getMostSignificantBits())
              .putLong(space.getLeastSignificantBits())
              .array());
      sha1.update(
          (Events.TENANT + '\0' + subject + '\0' + memory)
              .getBytes(java.nio.charset.StandardCharsets.UTF_8));
      var hash = java.nio.ByteBuffer.wrap(sha1.digest());
      return new UUID(
          (hash.getLong() & 0xffffffffffff0fffL) | 0x5000L,
          (hash.getLong() & 0x3fffffffffffffffL) | 0x8000000000000000L);
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private String inSchemas(String statement) {
    var names = views.config().names();
    return statement
        .replace("RS.", RelationalProjector.schema(names.spare()) + ".")
        .replace("CS.", ContextProjector.schema(names.spare()) + ".")
        .replace("AS.", AuditProjector.schema(names.spare()) + ".")
        .replace("R.", RelationalProjector.schema(names) + ".")
        .replace("C.", ContextProjector.schema(names) + ".")
        .replace("A.", AuditProjector.schema(names) + ".");
  }

  @Override
  public void close() {
    try {
      postgres.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    redis.close();
    redisClient.shutdown();
  }
}
