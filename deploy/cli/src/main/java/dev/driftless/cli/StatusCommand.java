package dev.driftless.cli;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code driftless status}. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = "Shows what runs, and how far each view is behind the log.",
    footer = {
      "",
      "applied: the sum of the view's positions; lag: events that it has not applied yet;",
      "behind: log time between its position and the log's last event.",
      "Exit code 0 only if everything runs and no view is stopped."
    })
final class StatusCommand implements Callable<Integer> {

  @Mixin private HomeOption home;
  @Mixin private Output output = new Output();

  StatusCommand() {
    this(System.getenv());
  }

  StatusCommand(Map<String, String> environment) {
    this.home = new HomeOption(environment);
  }

  @Override
  public Integer call() {
    StackStatus status = StackStatus.of(home.stack().existing());
    status.printPrograms(output.people());
    output.people().println();
    status.printViews(output.people());
    output.json(status::json);
    return status.isHealthy() ? 0 : 1;
  }
}
