package dev.driftless.cli;

import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.runtime.ViewControls;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code driftless views}. */
@Command(
    name = "views",
    mixinStandardHelpOptions = true,
    description = "Shows the views, and pauses them or lets them go on.",
    subcommands = {ViewsListCommand.class})
final class ViewsCommand {

  @Command(
      name = "pause",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description =
          "Stops applying events to a view until it is resumed, also when its projector is started again.")
  void pause(
      @Parameters(
              paramLabel = "VIEW",
              converter = ViewByName.class,
              description = "relational, vector, cache, context or audit.")
          String view,
      @Mixin Connection connection,
      @Mixin Output output) {
    set(view, true, connection, output);
  }

  @Command(
      name = "resume",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Lets a paused view go on from where it was.")
  void resume(
      @Parameters(
              paramLabel = "VIEW",
              converter = ViewByName.class,
              description = "relational, vector, cache, context or audit.")
          String view,
      @Mixin Connection connection,
      @Mixin Output output) {
    set(view, false, connection, output);
  }

  private static void set(String view, boolean pause, Connection connection, Output output) {
    ProjectorsConfig config = connection.config();
    EventLog.check(config);
    ViewControls.set(config.kafka(), config.names(), view, pause);
    if (output.isJson()) {
      output.json(Map.of("view", view, "paused", pause));
    } else {
      output
          .people()
          .printf(
              "%s is %s; its projector notices within %.1f s%n",
              view,
              pause ? "paused" : "to go on",
              config.reading().checkInterval().toMillis() / 1000.0)
          .flush();
    }
  }
}
