package dev.driftless.cli;

import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.runtime.ViewControls;
import dev.driftless.reconciler.Lag;
import dev.driftless.reconciler.ViewLag;
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
   * @param lagSeconds how far it is behind in log time; null if not known
   * @param spare its generation beside the one that readers see; null if there is none
   * @param problem why they are not known
   */
  private record State(
      String view,
      boolean paused,
      @Nullable Long position,
      @Nullable Long lag,
      @Nullable Double lagSeconds,
      @Nullable SpareGeneration spare,
      @Nullable String problem) {}

  @Override
  public Integer call() {
    ProjectorsConfig config = connection.config();
    List<State> states = states(config);
    output.list(
        "views",
        states,
        new Table("view", "state", "position", "lag", "behind", "spare", "problem"),
        s ->
            Output.cells(
                s.view(),
                s.paused() ? "paused" : "running",
                s.position(),
                s.lag(),
                s.lagSeconds() == null ? null : Output.seconds(s.lagSeconds()),
                s.spare(),
                s.problem() == null && s.spare() != null ? s.spare().problem() : s.problem()));
    return states.stream().allMatch(s -> s.problem() == null) ? 0 : 1;
  }

  private static List<State> states(ProjectorsConfig config) {
    EventLog.check(config);
    try (Lag lag = new Lag(config);
        ViewControls controls = new ViewControls(config.kafka(), config.names())) {
      Set<String> paused = controls.paused();
      Map<String, SpareGeneration> spares = SpareGeneration.all(config);
      return lag.read().stream()
          .map(view -> state(view, paused.contains(view.view()), spares.get(view.view())))
          .toList();
    }
  }

  private static State state(ViewLag view, boolean paused, @Nullable SpareGeneration spare) {
    boolean known = view.problem() == null;
    return new State(
        view.view(),
        paused,
        known ? view.applied() : null,
        known ? view.events() : null,
        known ? view.behind().toMillis() / 1000.0 : null,
        spare,
        view.problem());
  }
}
