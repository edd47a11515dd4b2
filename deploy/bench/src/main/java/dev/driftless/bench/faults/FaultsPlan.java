package dev.driftless.bench.faults;

import java.util.Random;
import java.util.Set;
import java.util.TreeSet;

/**
 * The same for every way.
 *
 * @param actions how many, at least 1
 * @param probability with which a call to a store fails, 0 to 1
 * @param kills of the agent's process, and with driftless as many of the projectors'; fewer than
 *     actions. One that is due while the process is being started again is left out
 * @param seed of actions, failures and kills
 */
public record FaultsPlan(int actions, double probability, int kills, long seed) {

  public FaultsPlan {
    check(actions >= 1, "actions: expected at least 1, found " + actions);
    check(
        probability >= 0 && probability < 1,
        "probability: expected 0 to less than 1, found " + probability);
    check(
        kills >= 0 && kills < actions,
        "kills: expected 0 to less than there are actions, found " + kills);
  }

  /** The actions in which a process is killed, by this seed. */
  Set<Integer> killedIn(long killSeed) {
    Random random = new Random(killSeed);
    Set<Integer> numbers = new TreeSet<>();
    while (numbers.size() < kills) {
      numbers.add(1 + random.nextInt(actions));
    }
    return numbers;
  }

  private static void check(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
