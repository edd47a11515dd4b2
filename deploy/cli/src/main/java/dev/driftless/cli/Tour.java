package dev.driftless.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.audit.AuditReader;
import dev.driftless.projectors.audit.AuditRecord;
import dev.driftless.projectors.cache.CacheReader;
import dev.driftless.projectors.context.ContextReader;
import dev.driftless.projectors.relational.RelationalProjector;
import dev.driftless.projectors.vector.VectorSearch;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Shows what the five views hold of one subject, each read from its own store. */
final class Tour {

  private static final int FEW = 4;

  private final ProjectorsConfig config;
  private final Holdings holdings;
  private final String tenant;
  private final String subject;
  private final PrintWriter out;

  Tour(ProjectorsConfig config, Holdings holdings, String tenant, String subject, PrintWriter out) {
    this.config = config;
    this.holdings = holdings;
    this.tenant = tenant;
    this.subject = subject;
    this.out = out;
  }

  void relational() {
    heading("relational", "PostgreSQL");
    Table table = new Table("memory_id", "kind", "text");
    String query =
        "SELECT memory_id, kind, text FROM %s.live_memories WHERE tenant = ? AND subject = ? ORDER BY log_offset LIMIT %d"
            .formatted(RelationalProjector.schema(config.names()), FEW);
    try (Connection connection =
            DriverManager.getConnection(
                config.relational().url(),
                config.relational().user(),
                config.relational().password());
        PreparedStatement statement = connection.prepareStatement(query)) {
      statement.setString(1, tenant);
      statement.setString(2, subject);
      try (ResultSet rs = statement.executeQuery()) {
        while (rs.next()) {
          table.row(rs.getString(1), rs.getString(2), rs.getString(3));
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException("cannot read the memories: " + e.getMessage(), e);
    }
    table.print(out);
  }

  /** The memories that mean most nearly the same as the text. */
  void vector(String text) {
    heading("vector", "Qdrant");
    out.println("search: " + text.lines().findFirst().orElse(""));
    Table table = new Table("score", "memory_id", "text");
    try (VectorSearch search = new VectorSearch(config.vector(), config.names())) {
      for (VectorSearch.Hit hit : search.search(text, tenant, null, FEW, Instant.now())) {
        table.row("%.3f".formatted(hit.score()), hit.memoryId(), hit.text());
      }
    }
    table.print(out);
  }

  void cache() {
    heading("cache", "Redis");
    try (CacheReader reader = CacheReader.open(config.names(), config.cache())) {
      out.println(
          "live sessions of this subject: %,d, memories: %,d, patterns: %,d"
              .formatted(
                  reader.sessions(tenant, subject).size(),
                  reader.memories(tenant, subject).size(),
                  reader.patterns(tenant, subject).size()));
      Table table = new Table("memory_id", "recorded at", "text");
      List<CacheReader.LiveMemory> memories = reader.memories(tenant, subject);
      memories.stream()
          .skip(Math.max(0, memories.size() - FEW))
          .forEach(m -> table.row(m.memoryId(), m.recordedAt(), m.text()));
      table.print(out);
    }
  }

  void context() {
    heading("context", "PostgreSQL, its own schema");
    out.println("what a new session of this subject loads:");
    try (ContextReader reader = new ContextReader(config.context(), config.names())) {
      Table table = new Table("part", "holds", "first");
      JsonNode document =
          new ObjectMapper().readTree(reader.document(tenant, subject).orElse("{}"));
      for (Map.Entry<String, JsonNode> part : document.properties()) {
        if (part.getValue() instanceof ArrayNode array) {
          table.row(part.getKey(), array.size(), array.isEmpty() ? "" : array.get(0));
        }
      }
      table.print(out);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the document is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  void audit() {
    heading("audit", "PostgreSQL, its own schema");
    Table table = new Table("at", "event", "outcome", "chain hash");
    try (AuditReader reader = new AuditReader(config.audit(), config.names())) {
      for (AuditRecord r : reader.latest(tenant, subject, FEW)) {
        table.row(
            r.logPartition() + "/" + r.logOffset(),
            r.eventType(),
            r.outcome(),
            r.chainHash().substring(0, 16) + "…");
      }
    }
    table.print(out);
  }

  private void heading(String view, String store) {
    String counts =
        holdings.tables(view).entrySet().stream()
            .map(table -> "%,d %s".formatted(table.getValue(), table.getKey().replace('_', ' ')))
            .collect(Collectors.joining(", "));
    out.println();
    out.println("%s (%s): %s".formatted(view, store, counts));
  }
}
