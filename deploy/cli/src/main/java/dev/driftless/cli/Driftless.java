package dev.driftless.cli;

import dev.driftless.projectors.app.Failure;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code driftless} command. */
@Command(
    name = "driftless",
    mixinStandardHelpOptions = true,
    description = "One write, five views, zero drift.")
public final class Driftless {

  /** Held, since a logger that nobody holds forgets its level. */
  private static final Logger GRPC = Logger.getLogger("io.grpc");

  private static final String EXPERIMENT = "/dev/driftless/bench/package-info.class";

  private static final List<Class<?>> LOCAL_STACK =
      List.of(
          UpCommand.class,
          DownCommand.class,
          StatusCommand.class,
          EnvCommand.class,
          DemoCommand.class);
  private static final List<Class<?>> INSTALLATION =
      List.of(
          PublishCommand.class,
          AwaitCommand.class,
          SearchCommand.class,
          ShowCommand.class,
          AsOfCommand.class,
          ReconcileCommand.class,
          RebuildCommand.class,
          ViewsCommand.class,
          TopicsCommand.class,
          SchemasCommand.class,
          DeadLettersCommand.class,
          AuditCommand.class);
  private static final List<Class<?>> EXPERIMENTS =
      List.of(ChaosCommand.class, FaultsCommand.class, BenchCommand.class);

  private Driftless() {}

  /** Runs the command; the exit code is 0 only if all went well. */
  public static void main(String[] arguments) {
    if (System.getProperty("logback.configurationFile") == null) {
      // by name: the projectors' own may lie on the same class path
      System.setProperty("logback.configurationFile", "dev/driftless/cli/logback.xml");
    }
    GRPC.setLevel(Level.WARNING);
    System.exit(commandLine(System.getenv()).execute(arguments));
  }

  /** The whole command, in this environment. */
  public static CommandLine commandLine(Map<String, String> environment) {
    Commands factory = new Commands(environment);
    CommandLine line = new CommandLine(new Driftless(), factory);
    commands().forEach(command -> line.addSubcommand(new CommandLine(command, factory)));
    return prepared(line);
  }

  /** The image has no servers of its own, and nothing that measures or breaks them. */
  private static Stream<Class<?>> commands() {
    boolean hasExperiments = Driftless.class.getResource(EXPERIMENT) != null;
    return hasExperiments
        ? Stream.of(LOCAL_STACK, INSTALLATION, EXPERIMENTS).flatMap(List::stream)
        : INSTALLATION.stream();
  }

  /** One of its commands, alone. */
  static CommandLine commandLine(Object command) {
    return prepared(new CommandLine(command, new Commands(System.getenv())));
  }

  /** As all our commands are: failures are one line, and values are taken in any case. */
  private static CommandLine prepared(CommandLine line) {
    return line.setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(
            (e, arguments) -> {
              CommandLine of = e.getCommandLine();
              String help = of.getCommandSpec().qualifiedName() + " --help";
              of.getErr().println("%s (see %s)".formatted(Failure.line(e), help));
              return of.getCommandSpec().exitCodeOnInvalidInput();
            })
        .setExecutionExceptionHandler(
            (e, of, parsed) -> {
              of.getErr().println(Failure.line(e));
              return of.getCommandSpec().exitCodeOnExecutionException();
            });
  }
}
