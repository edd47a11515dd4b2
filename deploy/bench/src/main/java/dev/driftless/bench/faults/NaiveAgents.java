package dev.driftless.bench.faults;

import dev.driftless.bench.SideBySide;
import dev.driftless.local.Addresses;
import dev.driftless.projectors.app.ProjectorsConfig;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Agents that store what they remember as {@link Way#NAIVE} does: six writes one after the other,
 * each awaited. For one thread, which waits for those of the agents.
 */
public final class NaiveAgents {

  private static final String SESSION = "session-1";

  private final ProjectorsConfig servers;
  private final String qdrant;
  private int numbered;

  private NaiveAgents(ProjectorsConfig servers, String qdrant) {
    this.servers = servers;
    this.qdrant = qdrant;
  }

  /** What is remembered of whom; its vector is made up. */
  public record Memory(String subject, String text) {}

  /** Where Qdrant holds what they stored. */
  public static String collection() {
    return OwnLayout.collection(Way.NAIVE);
  }

  /** Makes their tables, collection and topic, which must not be there yet. */
  public static NaiveAgents create(Addresses addresses) throws Exception {
    try (DirectReads stores = new DirectReads(addresses)) {
      new OwnLayout(Way.NAIVE, stores).create();
    }
    return new NaiveAgents(
        ProjectorsConfig.load(null, addresses.environment()::get), addresses.qdrantHttp());
  }

  /**
   * Returns when all of them are stored. The first, which connects, is stored once more by each
   * agent before, and not counted.
   *
   * @param agents that work side by side
   * @return how long each took, in nanoseconds, in no order
   * @throws ExecutionException if a write failed
   */
  public List<Long> store(List<Memory> memories, int agents)
      throws ExecutionException, InterruptedException {
    return run(memories, agents, SixWrites::store);
  }

  /** As {@link #store}, by one agent and to one store alone. */
  public List<Long> write(Store store, List<Memory> memories)
      throws ExecutionException, InterruptedException {
    return run(memories, 1, (writer, action) -> writer.write(store, action));
  }

  @FunctionalInterface
  private interface Write {
    void by(SixWrites writer, Action action) throws Exception;
  }

  private List<Long> run(List<Memory> memories, int agents, Write write)
      throws ExecutionException, InterruptedException {
    AtomicInteger next = new AtomicInteger();
    int before = numbered;
    int connected = before + agents;
    numbered = connected + memories.size();
    return SideBySide.run(
        agents,
        agent ->
            () -> {
              try (SixWrites writer = new SixWrites(Way.NAIVE, servers, qdrant)) {
                write.by(writer, action(before + agent, memories.get(0)));
                return SideBySide.takeTurns(
                    next,
                    memories.size(),
                    at -> write.by(writer, action(connected + at, memories.get(at))));
              }
            });
  }

  private static Action action(int number, Memory memory) {
    return new Action(number + 1, Action.Kind.MEMORY, memory.subject(), SESSION, memory.text());
  }
}
