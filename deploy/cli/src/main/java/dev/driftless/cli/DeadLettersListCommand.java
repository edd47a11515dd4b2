package dev.driftless.cli;

import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.projectors.runtime.DeadLetter;
import dev.driftless.projectors.runtime.DeadLetterLog;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.EventRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code driftless dead-letters list}. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Which records were set aside, by which view, and why.")
final class DeadLettersListCommand implements Runnable {

  @Mixin private final Connection connection;

  @Option(
      names = "--view",
      paramLabel = "VIEW",
      converter = ViewByName.class,
      description = "Only this view's.")
  private @Nullable String view;

  @Mixin private final Output output = new Output();

  DeadLettersListCommand(Map<String, String> environment) {
    this.connection = new Connection(environment);
  }

  @Override
  public void run() {
    output.list(
        "deadLetters",
        letters(connection.config()),
        new Table("view", "partition", "offset", "time", "event", "tenant", "subject", "reason"),
        l ->
            Output.cells(
                l.view(),
                l.partition(),
                l.offset(),
                l.time(),
                l.eventId(),
                l.tenant(),
                l.subject(),
                l.reason()));
  }

  private List<DeadLetter> letters(ProjectorsConfig config) {
    EventLog.check(config);
    List<DeadLetter> letters = new ArrayList<>();
    try (EventRegistry registry = config.openRegistry();
        DeadLetterLog log =
            new DeadLetterLog(config.kafka(), config.names(), new EventDecoder(registry))) {
      for (String each : view == null ? Views.names() : List.of(view)) {
        letters.addAll(log.list(each));
      }
    }
    return letters;
  }
}
