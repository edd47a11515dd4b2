package dev.driftless.cli;

import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.relational.RelationalReader;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code driftless show memories}. */
@Command(
    name = "memories",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "What is remembered now and has not expired, the latest first (relational view).")
final class ShowMemoriesCommand implements Runnable {

  @Mixin private final Connection connection;
  @Mixin private final Whose whose = new Whose();
  @Mixin private final Limit limit = new Limit();
  @Mixin private final Output output = new Output();

  ShowMemoriesCommand(Map<String, String> environment) {
    this.connection = new Connection(environment);
  }

  @Override
  public void run() {
    ProjectorsConfig config = connection.config();
    try (RelationalReader reader = new RelationalReader(config.relational(), config.names())) {
      output.list(
          "memories",
          reader.memories(whose.tenant(), whose.subject(), whose.session(), limit.rows()),
          new Table("subject", "memory", "kind", "revised at", "expires at", "text"),
          m ->
              Output.cells(
                  m.subject(),
                  m.memoryId(),
                  m.kind().toLowerCase(Locale.ROOT),
                  m.revisedAt(),
                  m.expiresAt(),
                  m.text()));
    }
  }
}
