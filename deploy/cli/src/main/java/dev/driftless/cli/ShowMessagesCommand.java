package dev.driftless.cli;

import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.relational.RelationalReader;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code driftless show messages}. */
@Command(
    name = "messages",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "The last messages, oldest first (relational view).")
final class ShowMessagesCommand implements Runnable {

  @Mixin private final Connection connection;
  @Mixin private final Whose whose = new Whose();
  @Mixin private final Limit limit = new Limit();
  @Mixin private final Output output = new Output();

  ShowMessagesCommand(Map<String, String> environment) {
    this.connection = new Connection(environment);
  }

  @Override
  public void run() {
    ProjectorsConfig config = connection.config();
    try (RelationalReader reader = new RelationalReader(config.relational(), config.names())) {
      output.list(
          "messages",
          reader.messages(whose.tenant(), whose.subject(), whose.session(), limit.rows()),
          new Table("subject", "session", "message", "appended at", "role", "content"),
          m ->
              Output.cells(
                  m.subject(),
                  m.session(),
                  m.messageId(),
                  m.appendedAt(),
                  m.role().toLowerCase(Locale.ROOT),
                  content(m)));
    }
  }

  /** A message that only asks for tools has no content. */
  static String content(RelationalReader.Message m) {
    return m.content() == null ? "calls " + String.join(", ", m.toolCallIds()) : m.content();
  }
}
