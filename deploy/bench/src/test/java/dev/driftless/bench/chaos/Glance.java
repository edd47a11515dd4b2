package dev.driftless.bench.chaos;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.driftless.producer.View;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.audit.AuditReader;
import dev.driftless.projectors.cache.CacheReader;
import dev.driftless.projectors.context.ContextReader;
import dev.driftless.projectors.relational.RelationalReader;
import dev.driftless.projectors.vector.VectorSearch;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;

/** One look at what a view shows of a memory now. Safe to share between threads. */
final class Glance implements AutoCloseable {

  static final String TENANT = "acme";

  static final List<View> VIEWS =
      List.of(View.RELATIONAL, View.VECTOR, View.CACHE, View.CONTEXT, View.AUDIT);

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MORE_THAN_THERE_ARE = 1_000;

  private final RelationalReader relational;
  private final VectorSearch vector;
  private final CacheReader cache;
  private final ContextReader context;
  private final AuditReader audit;

  Glance(ProjectorsConfig config) {
    relational = new RelationalReader(config.relational(), config.names());
    vector = new VectorSearch(config.vector(), config.names());
    cache = CacheReader.open(config.names(), config.cache());
    context = new ContextReader(config.context(), config.names());
    audit = new AuditReader(config.audit(), config.names());
  }

  /** The text of the memory; empty if the view shows none. Of every view but audit. */
  Optional<String> text(View view, String subject, String memoryId) {
    return switch (view.name()) {
      case "relational" ->
          relational.memories(TENANT, subject, null, MORE_THAN_THERE_ARE).stream()
              .filter(m -> m.memoryId().equals(memoryId))
              .map(m -> m.text())
              .findFirst();
      case "vector" -> vector.get(TENANT, subject, memoryId, Instant.now()).map(hit -> hit.text());
      case "cache" ->
          cache.memories(TENANT, subject).stream()
              .filter(m -> m.memoryId().equals(memoryId))
              .map(m -> m.text())
              .findFirst();
      case "context" ->
          context.document(TENANT, subject).flatMap(document -> remembered(document, memoryId));
      default -> throw new IllegalArgumentException(view.name());
    };
  }

  /** The offset of the subject's last audited event; -1 if there is none. */
  long lastAudited(String subject) {
    return audit.latest(TENANT, subject, 1).stream()
        .mapToLong(r -> r.logOffset())
        .findFirst()
        .orElse(-1);
  }

  private static Optional<String> remembered(String document, String memoryId) {
    try {
      JsonNode memories = JSON.readTree(document).path("recentMemories");
      return StreamSupport.stream(memories.spliterator(), false)
          .filter(m -> m.path("memoryId").asText().equals(memoryId))
          .map(m -> m.path("text").asText())
          .findFirst();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a context document is JSON", e);
    }
  }

  @Override
  public void close() {
    relational.close();
    vector.close();
    cache.close();
    context.close();
    audit.close();
  }
}
