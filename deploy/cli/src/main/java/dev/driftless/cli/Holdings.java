package dev.driftless.cli;

import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.audit.AuditProjector;
import dev.driftless.projectors.cache.CacheReader;
import dev.driftless.projectors.context.ContextProjector;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.relational.RelationalProjector;
import dev.driftless.projectors.vector.VectorSearch;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How much each view holds, counted in its own store. */
final class Holdings {

  private static final Duration COUNTING = Duration.ofSeconds(30);

  private final Map<String, Map<String, Long>> views = new LinkedHashMap<>();
  private final long subjects;

  private Holdings(ProjectorsConfig config) {
    String relational = RelationalProjector.schema(config.names());
    views.put(
        "relational",
        count(
            config.relational(),
            relational,
            List.of(
                "memories",
                "memory_versions",
                "sessions",
                "messages",
                "tool_calls",
                "checkpoints")));
    views.put("vector", Map.of("memories", vectorRows(config)));
    views.put("cache", Map.of("entries", cacheRows(config)));
    views.put(
        "context",
        count(
            config.context(),
            ContextProjector.schema(config.names()),
            List.of("patterns", "memories", "open_tool_calls")));
    views.put(
        "audit", count(config.audit(), AuditProjector.schema(config.names()), List.of("records")));
    subjects =
        number(
            config.relational(),
            "SELECT count(DISTINCT (tenant, subject)) FROM %s.sessions".formatted(relational));
  }

  /** Counts now; every view must have been created. */
  static Holdings count(ProjectorsConfig config) {
    return new Holdings(config);
  }

  /** By table, or by what a store has instead. */
  Map<String, Long> tables(String view) {
    return views.getOrDefault(view, Map.of());
  }

  /** Of all the view's tables. */
  long rows(String view) {
    return tables(view).values().stream().mapToLong(Long::longValue).sum();
  }

  /** Subjects that had a session, of all tenants. */
  long subjects() {
    return subjects;
  }

  private static long vectorRows(ProjectorsConfig config) {
    try (VectorSearch search = new VectorSearch(config.vector(), config.names())) {
      return search.rows(Instant.now());
    }
  }

  private static long cacheRows(ProjectorsConfig config) {
    try (CacheReader reader = CacheReader.open(config.names(), config.cache())) {
      return reader
          .rows(COUNTING)
          .orElseThrow(
              () -> new IllegalStateException("the cache holds more keys than can be counted"));
    }
  }

  private static Map<String, Long> count(
      PostgresConfig config, String schema, List<String> tables) {
    Map<String, Long> counts = new LinkedHashMap<>();
    for (String table : tables) {
      counts.put(table, number(config, "SELECT count(*) FROM %s.%s".formatted(schema, table)));
    }
    return counts;
  }

  private static long number(PostgresConfig config, String query) {
    try (Connection connection =
            DriverManager.getConnection(config.url(), config.user(), config.password());
        Statement statement = connection.createStatement();
        ResultSet rs = statement.executeQuery(query)) {
      rs.next();
      return rs.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException("cannot count: " + e.getMessage(), e);
    }
  }
}
