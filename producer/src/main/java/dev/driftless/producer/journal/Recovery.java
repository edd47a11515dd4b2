package dev.driftless.producer.journal;

import dev.driftless.producer.journal.ToolCall.Status;
import dev.driftless.producer.journal.ToolCallJournal.Ended;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A session that this process has taken over, and where it had come to then. Close it when the
 * session is where it can go on without: only then can another process recover it. Safe to share
 * between threads.
 *
 * <p>Which process may go on is told by a lock in PostgreSQL, held by one connection of the
 * DataSource until this is closed. Each call asks for it before its intent is appended, and once
 * more before the tool is run.
 */
public final class Recovery implements AutoCloseable {

  private final ToolCallJournal journal;
  private final SessionStore.Lock lock;
  private final Duration timeout;
  private final SessionState state;

  Recovery(ToolCallJournal journal, SessionStore.Lock lock, Duration timeout, SessionState state) {
    this.journal = journal;
    this.lock = lock;
    this.timeout = timeout;
    this.state = state;
  }

  /**
   * Calls that may have happened, the oldest first, without those of sagas. To settle one, find out
   * whether it happened and say so to {@link ToolCallJournal#completed} or {@link
   * ToolCallJournal#failed}; or, if it may happen twice, call it again with the same id.
   */
  public List<ToolCall> openCalls() {
    List<String> sagas = state.calls().filter(Recovery::isSaga).map(ToolCall::id).toList();
    return state
        .calls()
        .filter(call -> call.is(Status.INTENDED) && !isSaga(call))
        .filter(call -> sagas.stream().noneMatch(saga -> Saga.isStepOf(saga, call)))
        .toList();
  }

  /** The last one; empty if there is none. */
  public Optional<Checkpoint> checkpoint() {
    return state.checkpoint();
  }

  /**
   * What was done since the last checkpoint, or ever if there is none: every call that had its
   * intent, its outcome or its compensation since then, in the order in which these came to the log
   * (the last of each call counts).
   */
  public List<ToolCall> callsSinceCheckpoint() {
    return state.since().stream().filter(call -> !isSaga(call)).toList();
  }

  /**
   * The ids of sagas that have neither ended well nor are undone: {@link Saga#run} or {@link
   * Saga#compensate} each of them.
   */
  public List<String> unfinishedSagas() {
    return state
        .calls()
        .filter(call -> isSaga(call) && (call.is(Status.INTENDED) || call.is(Status.FAILED)))
        .map(ToolCall::id)
        .toList();
  }

  /**
   * Asks whether the session is still ours, for whoever does something that is no call of the
   * journal.
   *
   * @throws SessionLockException if not, if nobody knows, or if this is closed
   */
  public void check() {
    lock.check();
  }

  /** Lets others recover the session. Safe to repeat. */
  @Override
  public void close() {
    journal.released(lock);
    lock.close();
  }

  ToolCallJournal journal() {
    return journal;
  }

  /** As {@link ToolCallJournal#perform}, and not at all once this is closed. */
  Ended perform(CallEvents events, Tool<?> run) {
    return journal.perform(lock, events, run);
  }

  SessionState read(String saga) {
    lock.check();
    return journal.read(saga, timeout);
  }

  private static boolean isSaga(ToolCall call) {
    return call.tool().equals(Saga.TOOL);
  }
}
