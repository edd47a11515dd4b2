package dev.driftless.cli;

import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code driftless} command. */
@Command(
    name = "driftless",
    mixinStandardHelpOptions = true,
    description = "One write, five views, zero drift.",
    subcommands = {
      UpCommand.class,
      DownCommand.class,
      StatusCommand.class,
      EnvCommand.class,
      DemoCommand.class,
      PublishCommand.class
    })
public final class Driftless {

  /** Held, since a logger that nobody holds forgets its level. */
  private static final Logger GRPC = Logger.getLogger("io.grpc");

  private Driftless() {}

  /** Runs the command; the exit code is 0 only if all went well. */
  public static void main(String[] arguments) {
    if (System.getProperty("logback.configurationFile") == null) {
      // by name: the projectors' own may lie on the same class path
      System.setProperty("logback.configurationFile", "dev/driftless/cli/logback.xml");
    }
    GRPC.setLevel(Level.WARNING);
    System.exit(commandLine(new Driftless()).execute(arguments));
  }

  /** As all our commands are: failures are one line, and values are taken in any case. */
  static CommandLine commandLine(Object command) {
    return new CommandLine(command)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (e, line, parsed) -> {
              line.getErr().println(e.getMessage() == null ? e.toString() : e.getMessage());
              return 1;
            });
  }
}
