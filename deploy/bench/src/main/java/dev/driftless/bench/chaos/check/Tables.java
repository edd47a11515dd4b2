package dev.driftless.bench.chaos.check;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Rows of PostgreSQL tables as facts: times in milliseconds, hashes of content left out. */
final class Tables {

  private static final Set<String> LEFT_OUT = Set.of("content_hash", "log_offset");

  private final Stores stores;
  private final String schema;

  Tables(Stores stores, String schema) {
    this.stores = stores;
    this.schema = stores.prefixed("_", schema);
  }

  /** By {@code table key/key/key}. */
  Map<String, Fact> read(String table, String... keys) throws SQLException {
    Map<String, Fact> facts = new LinkedHashMap<>();
    for (JsonNode row : rows("SELECT to_jsonb(t) FROM %s.%s t".formatted(schema, table))) {
      String key =
          Arrays.stream(keys).map(k -> row.get(k).asText()).collect(Collectors.joining("/"));
      facts.put(table + " " + key, fact(row, Set.of(keys)));
    }
    return facts;
  }

  private static Fact fact(JsonNode row, Set<String> keys) {
    SortedMap<String, String> fields = new TreeMap<>();
    row.properties()
        .forEach(
            column -> {
              String name = column.getKey();
              if (!column.getValue().isNull() && !keys.contains(name) && !LEFT_OUT.contains(name)) {
                fields.put(name, value(name, column.getValue()));
              }
            });
    return new Fact(row.get("log_offset").asLong(), List.of(), fields);
  }

  private static String value(String column, JsonNode value) {
    boolean isTime =
        column.endsWith("_at") || column.endsWith("_time") || column.matches("valid_(from|to)");
    return isTime
        ? String.valueOf(OffsetDateTime.parse(value.asText()).toInstant().toEpochMilli())
        : Plain.of(value);
  }

  private List<JsonNode> rows(String query) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(stores.jdbcUrl(), stores.user(), stores.password());
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      List<JsonNode> all = new ArrayList<>();
      while (rows.next()) {
        all.add(Http.JSON.readTree(rows.getString(1)));
      }
      return all;
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(query, e);
    }
  }
}
