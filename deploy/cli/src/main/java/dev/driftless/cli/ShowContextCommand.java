package dev.driftless.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.context.ContextReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code driftless show context}. */
@Command(
    name = "context",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "The document that a new session of a subject loads (context view).")
final class ShowContextCommand implements Runnable {

  private static final ObjectMapper JSON = new ObjectMapper();

  @Mixin private final Connection connection;
  @Mixin private final Subject subject = new Subject();
  @Mixin private final Output output = new Output();

  ShowContextCommand(Map<String, String> environment) {
    this.connection = new Connection(environment);
  }

  @Override
  public void run() {
    JsonNode document = document();
    if (output.isJson()) {
      output.json(Map.of("context", document));
    } else if (document.isNull()) {
      output.say("no context of %s of %s".formatted(subject.subject(), subject.tenant()));
    } else {
      print(document);
    }
  }

  private JsonNode document() {
    ProjectorsConfig config = connection.config();
    try (ContextReader reader = new ContextReader(config.context(), config.names())) {
      String document = reader.document(subject.tenant(), subject.subject()).orElse(null);
      return document == null ? NullNode.instance : JSON.readTree(document);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a jsonb column holds JSON", e);
    }
  }

  private void print(JsonNode document) {
    output.table(
        "patterns",
        rows(document, "patterns"),
        new Table("pattern", "confidence", "learned", "statement"),
        p ->
            Output.cells(
                p.path("patternId").asText(),
                "%.2f".formatted(p.path("confidence").asDouble()),
                p.path("reinforcements").asLong(),
                p.path("statement").asText()));
    output.table(
        "recent memories",
        rows(document, "recentMemories"),
        new Table("memory", "kind", "remembered at", "text"),
        m ->
            Output.cells(
                m.path("memoryId").asText(),
                m.path("kind").asText().toLowerCase(Locale.ROOT),
                m.path("rememberedAt").asText(),
                m.path("text").asText()));
    output.table(
        "open tool calls",
        rows(document, "openToolCalls"),
        new Table("session", "tool call", "tool", "arguments"),
        c ->
            Output.cells(
                c.path("session").asText(""),
                c.path("toolCallId").asText(),
                c.path("tool").asText(),
                c.path("arguments").asText()));
  }

  private static List<JsonNode> rows(JsonNode document, String name) {
    List<JsonNode> rows = new ArrayList<>();
    document.path(name).forEach(rows::add);
    return rows;
  }
}
