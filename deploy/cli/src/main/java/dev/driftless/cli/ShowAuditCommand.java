package dev.driftless.cli;

import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.audit.AuditReader;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code driftless show audit}. */
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "The records that were appended to the log last, newest first (audit view).")
final class ShowAuditCommand implements Runnable {

  @Mixin private final Connection connection;

  @Option(
      names = "--tenant",
      paramLabel = "T",
      description = "The tenant. Default: all records, also those that tell of no tenant.")
  private @Nullable String tenant;

  @Option(names = "--subject", paramLabel = "S", description = "The user or entity. Default: all.")
  private @Nullable String subject;

  @Mixin private final Limit limit = new Limit();
  @Mixin private final Output output = new Output();

  ShowAuditCommand(Map<String, String> environment) {
    this.connection = new Connection(environment);
  }

  @Override
  public void run() {
    if (subject != null && tenant == null) {
      throw new IllegalArgumentException(
          "--subject needs --tenant: subjects of two tenants may have the same name");
    }
    ProjectorsConfig config = connection.config();
    try (AuditReader reader = new AuditReader(config.audit(), config.names())) {
      output.list(
          "records",
          reader.latest(tenant, subject, limit.rows()),
          new Table(
              "partition", "offset", "appended at", "outcome", "event", "tenant", "subject", "why"),
          r ->
              Output.cells(
                  r.logPartition(),
                  r.logOffset(),
                  r.appendTime(),
                  r.outcome(),
                  r.eventType(),
                  r.tenant(),
                  r.subject(),
                  r.reason()));
    }
  }
}
