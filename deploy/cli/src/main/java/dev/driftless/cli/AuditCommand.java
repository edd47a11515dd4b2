package dev.driftless.cli;

import picocli.CommandLine.Command;

/** {@code driftless audit}. */
@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    description = "The audit trail.",
    subcommands = {AuditVerifyCommand.class})
final class AuditCommand {}
