package dev.driftless.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whose rows are shown: of a tenant, and narrower where asked. */
final class Whose {

  @Option(names = "--tenant", paramLabel = "T", required = true, description = "The tenant.")
  private String tenant = "";

  @Option(
      names = "--subject",
      paramLabel = "S",
      description = "The user or entity. Default: all of the tenant's.")
  private @Nullable String subject;

  @Option(names = "--session", paramLabel = "ID", description = "The session. Default: any.")
  private @Nullable String session;

  String tenant() {
    return tenant;
  }

  @Nullable String subject() {
    return subject;
  }

  @Nullable String session() {
    return session;
  }
}
