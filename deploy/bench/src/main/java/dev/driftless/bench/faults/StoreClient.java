package dev.driftless.bench.faults;

/**
 * One store, as it is written to without a log. A call returns when the store has acknowledged it;
 * an exception does not say whether it happened. After one, the next call connects anew. For one
 * thread.
 */
interface StoreClient extends AutoCloseable {

  void write(Action action) throws Exception;

  /** Takes back what {@link #write} did or may have done; safe to repeat. */
  void undo(Action action) throws Exception;

  @Override
  void close();
}
