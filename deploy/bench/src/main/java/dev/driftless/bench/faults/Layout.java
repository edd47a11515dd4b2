package dev.driftless.bench.faults;

/** Where one way keeps actions in the stores. All that the counting knows of a way. */
interface Layout {

  /** Makes tables, topics and collections, empty. */
  void create() throws Exception;

  /** Whether nobody will write any more, once the agent has ended: what is read then, stays. */
  boolean isFinal();

  /** What the stores hold now, read past the proxies. */
  Holdings read() throws Exception;
}
