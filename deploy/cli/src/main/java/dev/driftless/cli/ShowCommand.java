package dev.driftless.cli;

import picocli.CommandLine.Command;

/** {@code driftless show}: one subcommand for each thing that is shown. */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = "Prints what a view holds, from the store that owns it.",
    subcommands = {
      ShowMemoriesCommand.class,
      ShowMessagesCommand.class,
      ShowToolCallsCommand.class,
      ShowContextCommand.class,
      ShowCacheCommand.class,
      ShowAuditCommand.class
    })
final class ShowCommand {}
