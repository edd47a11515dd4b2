package dev.driftless.bench.chaos;

import dev.driftless.bench.chaos.check.Finding;
import dev.driftless.bench.chaos.check.Wrong;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one schedule came to.
 *
 * @param appended events that were acknowledged
 * @param compared whether the log and all views were compared with what was written, at the end
 * @param findings what that found
 * @param divergences what the reconciler's last deep check found
 * @param falseAlarms what the reconciler told before
 * @param checks how often it compared a view with the log
 * @param deadLetters records that views set aside
 * @param catchUp from the last fault and the last event until all views had all of it
 * @param problem why the run could not be finished or cleared away; null if it was
 * @param logs where logs and schedule are; gone if nothing was wrong
 */
public record ChaosReport(
    Schedule schedule,
    int appended,
    boolean compared,
    List<Finding> findings,
    List<String> divergences,
    List<String> falseAlarms,
    int checks,
    long deadLetters,
    Duration catchUp,
    Duration took,
    @Nullable String problem,
    Path logs) {

  /** A run as long as this was watched, or something is wrong with the watch. */
  private static final Duration LONG_ENOUGH = Duration.ofSeconds(30);

  /** Whether nothing at all was wrong, and somebody looked. */
  public boolean isClean() {
    return problem == null
        && compared
        && findings.isEmpty()
        && divergences.isEmpty()
        && falseAlarms.isEmpty()
        && deadLetters == 0
        && isWatched();
  }

  /** Whether the reconciler compared something while the faults were done, if it had the time. */
  public boolean isWatched() {
    return checks > 0 || took.compareTo(LONG_ENOUGH) < 0;
  }

  /** How much was wrong in this way. */
  public long count(Wrong wrong) {
    return findings.stream().filter(f -> f.wrong() == wrong).count();
  }

  /** How often each kind of fault was done, by its word. */
  public Map<String, Integer> faults() {
    Map<String, Integer> faults = new TreeMap<>();
    schedule.steps().forEach(step -> faults.merge(step.kind().word(), 1, Integer::sum));
    return faults;
  }
}
