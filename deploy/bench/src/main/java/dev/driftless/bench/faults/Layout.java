package dev.driftless.bench.faults;

/** Where one way keeps actions in the stores. All that the counting knows of a way. */
interface Layout {

  /** Makes tables, topics and collections, empty. */
  void create() throws Exception;

  /** What the stores hold now, read past the proxies. */
  Holdings read() throws Exception;
}
