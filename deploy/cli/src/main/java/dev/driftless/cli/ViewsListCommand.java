package dev.driftless.cli;

import dev.driftless.projectors.Position;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.projectors.audit.AuditedTopic;
import dev.driftless.projectors.runtime.ViewControls;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code driftless views list}. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Which views there are, whether they are paused, and how far they are behind.",
    footer = {"", "Exit code 0 only if every view's store answered and is of this log."})
final class ViewsListCommand implements Callable<Integer> {

  @Mixin private final Connection connection;
  @Mixin private final Output output = new Output();

  ViewsListCommand(Map<String, String> environment) {
    this.connection = new Connection(environment);
  }

  /**
   * A view as it is now.
   *
   * @param position events and control records applied, of all partitions; null if not known
   * @param lag how many are not; null if not known
   * @param problem why they are not known
   */
  private record State(
      String view,
      boolean paused,
      @Nullable Long position,
      @Nullable Long lag,
      @Nullable String problem) {}

  @Override
  public Integer call() {
    ProjectorsConfig config = connection.config();
    List<State> states = states(config);
    output.list(
        "views",
        states,
        new Table("view", "state", "position", "lag", "problem"),
        s ->
            Output.cells(
                s.view(), s.paused() ? "paused" : "running", s.position(), s.lag(), s.problem()));
    return states.stream().allMatch(s -> s.problem() == null) ? 0 : 1;
  }

  private static List<State> states(ProjectorsConfig config) {
    try (AuditedTopic log = EventLog.open(config);
        ViewControls controls = new ViewControls(config.kafka(), config.names())) {
      Set<String> paused = controls.paused();
      return Views.names().stream()
          .map(view -> state(view, paused.contains(view), log, config))
          .toList();
    }
  }

  /** The position is read before the log's end, so that the lag is never below zero. */
  private static State state(
      String view, boolean paused, AuditedTopic log, ProjectorsConfig config) {
    try (Projector projector = Views.open(view, config)) {
      long position = 0;
      long lag = 0;
      for (int partition = 0; partition < log.partitions(); partition++) {
        Position stored = projector.stored(partition).position();
        if (stored != null && !stored.topicId().equals(log.topicId())) {
          return new State(view, paused, null, null, "its position is of another log: rebuild it");
        }
        long offset = stored == null ? 0 : stored.offset();
        position += offset;
        lag += log.endOffset(partition) - offset;
      }
      return new State(view, paused, position, lag, null);
    } catch (RuntimeException e) {
      return new State(view, paused, null, null, Failure.line(e));
    }
  }
}
