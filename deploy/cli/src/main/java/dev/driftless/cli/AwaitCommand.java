package dev.driftless.cli;

import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.Receipt;
import dev.driftless.projectors.app.Failure;
import dev.driftless.projectors.app.Views;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code driftless await}. */
@Command(
    name = "await",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Returns when views show the events with these receipts, whoever published them.",
    footer = {"", "Exit code 0 only if they are visible; it is said what holds a view up."})
final class AwaitCommand implements Callable<Integer> {

  @Mixin private final Connection connection;

  @Parameters(
      arity = "1..*",
      paramLabel = "RECEIPT",
      converter = ReceiptToken.class,
      description = "As publish prints them.")
  private List<Receipt> receipts = List.of();

  @Option(
      names = "--view",
      paramLabel = "VIEW",
      split = ",",
      converter = ViewByName.class,
      description = "Only this view; may be repeated. Default: all.")
  private List<String> views = List.of();

  @Mixin private Patience patience = new Patience();
  @Mixin private final Output output = new Output();

  AwaitCommand(Map<String, String> environment) {
    this.connection = new Connection(environment);
  }

  @Override
  public Integer call() {
    List<String> all = views.isEmpty() ? Views.names() : views;
    try (MemoryLog log = MemoryLog.open(connection.log())) {
      Duration took = patience.await(log, receipts, all, output);
      output.json(Map.of("views", all, "visibleMilliseconds", took.toMillis()));
      return 0;
    } catch (RuntimeException e) {
      String problem = Failure.line(e);
      output.say(problem);
      output.json(Map.of("views", all, "error", problem));
      return 1;
    }
  }
}
