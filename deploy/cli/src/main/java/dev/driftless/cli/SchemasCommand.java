package dev.driftless.cli;

import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.schemas.EventRegistry;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code driftless schemas}. */
@Command(
    name = "schemas",
    mixinStandardHelpOptions = true,
    description = "The event schema in your own registry.")
final class SchemasCommand {

  @Command(
      name = "register",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description =
          "Registers this version's event schema, compatible with all before it; safe to repeat.")
  int register(@Mixin Connection connection, @Mixin Output output) {
    ProjectorsConfig config = connection.config();
    try (EventRegistry registry = config.openRegistry()) {
      registry.register();
      return show(registry, config, output);
    }
  }

  @Command(
      name = "check",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description =
          "Whether this version's event schema is registered, and later ones are compared with it.",
      footer = {"", "Exit code 0 only if both hold."})
  int check(@Mixin Connection connection, @Mixin Output output) {
    ProjectorsConfig config = connection.config();
    try (EventRegistry registry = config.openRegistry()) {
      return show(registry, config, output);
    }
  }

  private static int show(EventRegistry registry, ProjectorsConfig config, Output output) {
    EventRegistry.Registered registered = registry.registered();
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("subject", config.names().schemaSubject());
    answer.put("id", registered.id());
    answer.put("version", registered.version());
    answer.put("compatibility", registered.compatibility());
    answer.put("problem", registered.problem());
    if (output.isJson()) {
      output.json(answer);
    } else {
      Table table = new Table("subject", "version", "id", "compatibility", "problem");
      table.row(
          config.names().schemaSubject(),
          registered.version(),
          registered.id(),
          registered.compatibility(),
          registered.problem());
      table.print(output.people());
    }
    return registered.problem() == null ? 0 : 1;
  }
}
