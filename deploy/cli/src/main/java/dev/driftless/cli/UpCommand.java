package dev.driftless.cli;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code driftless up}. */
@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    description =
        "Starts the local stack: Kafka, registry, PostgreSQL, Redis, Qdrant, and projectors.",
    footer = {
      "",
      "Safe to repeat: what runs stays, what died is started again. Data is kept in the home directory.",
      "Ports in use by others are no error: free ones are taken, and told."
    })
final class UpCommand implements Callable<Integer> {

  @Mixin private HomeOption home;
  @Mixin private Output output = new Output();

  UpCommand() {
    this(System.getenv());
  }

  UpCommand(Map<String, String> environment) {
    this.home = new HomeOption(environment);
  }

  @Override
  public Integer call() {
    Stack stack = home.stack();
    stack.up(output.progress());
    StackStatus status = StackStatus.of(stack);
    status.printPrograms(output.people());
    if (!status.isHealthy()) {
      status.printViews(output.people());
    }
    output.json(status::json);
    return status.isHealthy() ? 0 : 1;
  }
}
