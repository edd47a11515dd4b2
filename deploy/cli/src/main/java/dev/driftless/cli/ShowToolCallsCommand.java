package dev.driftless.cli;

import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.relational.RelationalReader;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code driftless show tool-calls}. */
@Command(
    name = "tool-calls",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "The last tool calls and what came of them, oldest first (relational view).")
final class ShowToolCallsCommand implements Runnable {

  @Mixin private final Connection connection;
  @Mixin private final Whose whose = new Whose();
  @Mixin private final Limit limit = new Limit();
  @Mixin private final Output output = new Output();

  ShowToolCallsCommand(Map<String, String> environment) {
    this.connection = new Connection(environment);
  }

  @Override
  public void run() {
    ProjectorsConfig config = connection.config();
    try (RelationalReader reader = new RelationalReader(config.relational(), config.names())) {
      output.list(
          "toolCalls",
          reader.toolCalls(whose.tenant(), whose.subject(), whose.session(), limit.rows()),
          new Table(
              "subject", "session", "tool call", "tool", "status", "arguments", "what came of it"),
          c ->
              Output.cells(
                  c.subject(),
                  c.session(),
                  c.toolCallId(),
                  c.tool(),
                  c.status().toLowerCase(Locale.ROOT),
                  c.arguments(),
                  outcome(c)));
    }
  }

  static String outcome(RelationalReader.ToolCall c) {
    return Stream.of(c.compensation(), c.error(), c.result())
        .filter(Objects::nonNull)
        .findFirst()
        .orElse("");
  }
}
