package dev.driftless.producer.journal;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Steps of which either all happen, or none stays: if one fails, those before it are undone, the
 * last one first. All of it is in the log, so whoever has the same steps goes on after a crash.
 * Immutable.
 *
 * <p>The saga is itself a call in the journal, of tool {@value #TOOL}: INTENDED while it goes on,
 * COMPLETED when all steps are, FAILED from the decision to undo it, COMPENSATED when that is done.
 * Its steps are calls {@code saga/step}.
 *
 * <table>
 *   <caption>A step that was cut short: its intent is in the log, and no outcome</caption>
 *   <tr><th></th><th>when the saga goes on</th><th>when it is undone</th></tr>
 *   <tr><td>with a check</td><td>what the check found is recorded, or the step is run again</td>
 *       <td>undone if the check says that it happened</td></tr>
 *   <tr><td>repeatable</td><td>run again</td><td>undone</td></tr>
 *   <tr><td>neither</td><td>the saga is undone</td><td>undone</td></tr>
 * </table>
 */
public final class Saga {

  static final String TOOL = "driftless.saga";

  private final String id;
  private final List<SagaStep> steps;
  private final int attempts;
  private final Duration backoff;

  private Saga(String id, List<SagaStep> steps, int attempts, Duration backoff) {
    this.id = id;
    this.steps = List.copyOf(steps);
    this.attempts = attempts;
    this.backoff = backoff;
  }

  /**
   * A saga whose compensations are tried five times each, first after 200 ms, then after twice as
   * long each time.
   *
   * @param id in its session, without a slash; of one attempt at the whole: a saga that was undone
   *     stays so
   */
  public static Saga of(String id, SagaStep... steps) {
    if (id.isBlank() || id.contains("/")) {
      throw new IllegalArgumentException("saga '%s': expected an id without a slash".formatted(id));
    }
    Set<String> names = new HashSet<>();
    for (SagaStep step : steps) {
      if (!names.add(step.name())) {
        throw new IllegalArgumentException(
            "saga %s: two steps are called %s".formatted(id, step.name()));
      }
    }
    return new Saga(id, List.of(steps), 5, Duration.ofMillis(200));
  }

  /**
   * The same with other bounds.
   *
   * @param attempts for each compensation, at least 1
   * @param first pause after a failed attempt, doubled each time
   */
  public Saga withCompensationAttempts(int attempts, Duration first) {
    if (attempts < 1 || first.isNegative()) {
      throw new IllegalArgumentException(
          "saga %s: expected at least 1 attempt and no negative pause, found %d and %s"
              .formatted(id, attempts, first));
    }
    return new Saga(id, steps, attempts, first);
  }

  /**
   * Begins the saga, or goes on with it where the log says it is. What another process has done of
   * it is not done again. One thread at a time.
   *
   * @return the results by step, in their order
   * @throws SagaFailedException if a step failed, now or before; the steps before it are undone,
   *     except those that it names: run it again later
   * @throws OutcomeNotRecordedException if a step or a compensation ran and that could not be
   *     recorded
   * @throws SessionLockException if the session is not ours any more
   * @throws IllegalArgumentException if the saga was begun with other steps
   */
  public Map<String, String> run(Recovery recovery) {
    return new SagaRun(this, recovery).run();
  }

  /**
   * Gives the saga up: undoes all of it that may have happened. Does nothing if it was never begun.
   *
   * @param why is recorded
   * @return the steps that are undone, in that order
   * @throws SagaFailedException if some could not be undone: try again later. Otherwise as {@link
   *     #run}
   */
  public List<String> compensate(Recovery recovery, String why) {
    return new SagaRun(this, recovery).compensate(why);
  }

  /** The id of a step's call. Names of steps hold no slash, so no two steps share one. */
  static String stepId(String saga, String step) {
    return saga + "/" + step;
  }

  static boolean isStepOf(String saga, ToolCall call) {
    int slash = call.id().lastIndexOf('/');
    return slash >= 0 && call.id().substring(0, slash).equals(saga);
  }

  String id() {
    return id;
  }

  List<SagaStep> steps() {
    return steps;
  }

  int attempts() {
    return attempts;
  }

  Duration backoff() {
    return backoff;
  }

  /** What the saga's own call has as arguments. */
  String names() {
    return steps.stream()
        .map(step -> '"' + step.name() + '"')
        .collect(Collectors.joining(",", "[", "]"));
  }
}
