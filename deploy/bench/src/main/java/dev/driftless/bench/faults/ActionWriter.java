package dev.driftless.bench.faults;

/** Stores actions in one of the four ways. For one thread. */
interface ActionWriter extends AutoCloseable {

  /**
   * Stores the action, which is then acknowledged.
   *
   * @throws Exception if it is refused: the agent is told that it failed
   */
  void store(Action action) throws Exception;

  @Override
  void close();
}
