package dev.driftless.cli;

import picocli.CommandLine.Command;

/** {@code driftless dead-letters}. */
@Command(
    name = "dead-letters",
    mixinStandardHelpOptions = true,
    description = "Records of the log that a view could not apply.",
    subcommands = {DeadLettersListCommand.class, DeadLettersRetryCommand.class})
final class DeadLettersCommand {}
