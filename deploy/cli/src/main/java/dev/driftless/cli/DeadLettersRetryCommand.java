package dev.driftless.cli;

import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.projectors.runtime.DeadLetter;
import dev.driftless.projectors.runtime.DeadLetterLog;
import dev.driftless.reconciler.Divergence;
import dev.driftless.reconciler.Reconciler;
import dev.driftless.reconciler.RepairLimits;
import dev.driftless.reconciler.RepairReport;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.EventRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code driftless dead-letters retry}. */
@Command(
    name = "retry",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Has the views write anew, as the log says, what they set aside an event of: after the cause is gone.",
    footer = {"", "Exit code 0 only if nothing is refused still, and every record can be read."})
final class DeadLettersRetryCommand implements Callable<Integer> {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Mixin private final Connection connection;
  @Mixin private final StateDirectory state = new StateDirectory();

  @Option(
      names = "--view",
      paramLabel = "VIEW",
      converter = ViewByName.class,
      description = "Only this view's; may be repeated.")
  private List<String> views = new ArrayList<>();

  @Mixin private final Output output = new Output();

  private final Duration patience;

  DeadLettersRetryCommand(Map<String, String> environment) {
    this(environment, PATIENCE);
  }

  /**
   * @param patience how long a view is waited for
   */
  DeadLettersRetryCommand(Map<String, String> environment, Duration patience) {
    this.connection = new Connection(environment);
    this.patience = patience;
  }

  /**
   * What came of the letters of one view.
   *
   * @param unreadable letters whose records this program cannot read either
   * @param rewritten keys of which the others are
   * @param refused those that still differ
   * @param problem why not all were written anew; null if all were
   */
  private record Retried(
      String view,
      int letters,
      int unreadable,
      long rewritten,
      List<Refused> refused,
      @Nullable String problem) {

    boolean isDone() {
      return problem == null && refused.isEmpty() && unreadable == 0;
    }
  }

  private record Refused(String view, String key, String reason) {}

  @Override
  public Integer call() {
    ProjectorsConfig config = connection.config();
    EventLog.check(config);
    Path directory = state.of("once", connection, config);
    RepairLimits limits = new RepairLimits(100, state.exports(connection, config), patience);
    List<Retried> all = new ArrayList<>();
    try (EventRegistry registry = config.openRegistry();
        DeadLetterLog log =
            new DeadLetterLog(config.kafka(), config.names(), new EventDecoder(registry));
        Reconciler reconciler =
            Reconciler.open(
                config, StateDirectory.reconcilerName(directory), directory, output::say)) {
      for (String view : views.isEmpty() ? Views.names() : views) {
        all.add(retry(view, log.list(view), reconciler, limits));
      }
    }
    print(all);
    return all.stream().allMatch(Retried::isDone) ? 0 : 1;
  }

  private static Retried retry(
      String view, List<DeadLetter> letters, Reconciler reconciler, RepairLimits limits) {
    if (letters.isEmpty()) {
      return new Retried(view, 0, 0, 0, List.of(), null);
    }
    RepairReport report = reconciler.retry(view, letters, limits);
    return new Retried(
        view,
        letters.size(),
        reconciler.unreadable(letters).size(),
        report.mended(),
        report.left().stream().map(left -> refused(left, report.refused())).toList(),
        report.refused());
  }

  private static Refused refused(Divergence left, @Nullable String all) {
    String reason = Objects.requireNonNullElse(all, "its projector has not written it yet");
    return new Refused(
        left.view(), left.key(), Objects.requireNonNullElse(left.deadLetter(), reason));
  }

  private void print(List<Retried> all) {
    if (output.isJson()) {
      output.json(Map.of("views", all));
      return;
    }
    output.table(
        "retried",
        all,
        new Table("view", "letters", "not readable", "keys written anew", "still refused"),
        r ->
            Output.cells(r.view(), r.letters(), r.unreadable(), r.rewritten(), r.refused().size()));
    for (Retried view : all) {
      // else each that is refused has its reason
      if (view.problem() != null && view.refused().isEmpty()) {
        output.people().println(view.view() + ": " + view.problem());
      }
    }
    List<Refused> refused = all.stream().flatMap(r -> r.refused().stream()).toList();
    if (!refused.isEmpty()) {
      output.table(
          "still refused",
          refused,
          new Table("view", "key", "reason"),
          r -> Output.cells(r.view(), r.key(), r.reason()));
    }
  }
}
