package dev.driftless.bench.faults;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * How many actions came out how, as the stores show it. An action <i>happened</i> if any store
 * holds something of it, whatever the agent was told. A store is <i>right</i> about an action that
 * happened if it holds its text, unchanged, or if the action does not belong there and it holds
 * nothing.
 *
 * @param partial happened, and some store is not right; such an action has one or more of the four
 *     names below
 * @param semanticDrift vector and relational store are not both right
 * @param logRealityDivergence log and relational store are not both right
 * @param contextDesync cache and context store are not both right
 * @param auditGap the audit trail is not right
 * @param lost acknowledged, and in no store
 * @param duplicated more than once in a store other than the log; in the audit trail, which may
 *     have a row for every record, more often than in the log
 * @param repeatsInLog records of the log of an action that one before them is of already
 */
public record Tally(
    int partial,
    int semanticDrift,
    int logRealityDivergence,
    int contextDesync,
    int auditGap,
    int lost,
    int duplicated,
    int repeatsInLog) {

  /** Whether every action is in all its stores, once, or was not acknowledged and is in none. */
  public boolean isClean() {
    return partial == 0 && lost == 0 && duplicated == 0;
  }

  /**
   * @param outcomes by number
   * @throws IllegalStateException if a store holds what is no action
   */
  static Tally of(List<Action> actions, Map<Integer, Outcome> outcomes, Holdings holdings) {
    Set<String> unknown = new HashSet<>(holdings.ids());
    Counting counting = new Counting(holdings);
    for (Action action : actions) {
      unknown.remove(action.id());
      counting.add(action, outcomes.get(action.number()) == Outcome.ACKNOWLEDGED);
    }
    if (!unknown.isEmpty()) {
      throw new IllegalStateException("no action is named " + unknown);
    }
    return counting.tally();
  }

  private static final class Counting {

    private final Holdings holdings;
    private int partial;
    private int semanticDrift;
    private int logRealityDivergence;
    private int contextDesync;
    private int auditGap;
    private int lost;
    private int duplicated;
    private int repeatsInLog;

    Counting(Holdings holdings) {
      this.holdings = holdings;
    }

    void add(Action action, boolean acknowledged) {
      if (Stream.of(Store.values()).anyMatch(store -> times(store, action) > 0)) {
        judge(action);
        int records = Math.max(1, times(Store.LOG, action));
        repeatsInLog += records - 1;
        duplicated += isDuplicated(action, records) ? 1 : 0;
      } else if (acknowledged) {
        lost++;
      }
    }

    private boolean isDuplicated(Action action, int records) {
      return Stream.of(Store.VECTOR, Store.RELATIONAL, Store.CACHE, Store.CONTEXT)
              .anyMatch(store -> times(store, action) > 1)
          || times(Store.AUDIT, action) > records;
    }

    private int times(Store store, Action action) {
      return holdings.of(store, action.id()).size();
    }

    private void judge(Action action) {
      boolean relational = isRight(Store.RELATIONAL, action);
      boolean drift = !(relational && isRight(Store.VECTOR, action));
      boolean divergence = !(relational && isRight(Store.LOG, action));
      boolean desync = !(isRight(Store.CACHE, action) && isRight(Store.CONTEXT, action));
      boolean gap = !isRight(Store.AUDIT, action);
      semanticDrift += drift ? 1 : 0;
      logRealityDivergence += divergence ? 1 : 0;
      contextDesync += desync ? 1 : 0;
      auditGap += gap ? 1 : 0;
      partial += drift || divergence || desync || gap ? 1 : 0;
    }

    private boolean isRight(Store store, Action action) {
      List<String> held = holdings.of(store, action.id());
      return action.stores().contains(store)
          ? !held.isEmpty() && held.stream().allMatch(action.textHash()::equals)
          : held.isEmpty();
    }

    Tally tally() {
      return new Tally(
          partial,
          semanticDrift,
          logRealityDivergence,
          contextDesync,
          auditGap,
          lost,
          duplicated,
          repeatsInLog);
    }
  }
}
