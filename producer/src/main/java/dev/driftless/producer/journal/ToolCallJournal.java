package dev.driftless.producer.journal;

import dev.driftless.events.MemoryEvent;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.Receipt;
import dev.driftless.producer.journal.ToolCall.Status;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A write-ahead log of what an agent does in one session: that a tool is to be called is durable
 * before it is called, so that after a crash {@link #recover} knows every call that may have
 * happened. Safe to share between threads, for example for tool calls that run at the same time.
 *
 * <pre>{@code
 * ToolCallJournal journal = ToolCallJournal.of(log, relational, new AgentSession("acme", "mia", "booker", "s1"));
 * String reservation = journal.call("book_reservation", arguments, () -> airline.book(arguments));
 * journal.checkpoint("booked", state);
 * }</pre>
 *
 * <table>
 *   <caption>How a call ends</caption>
 *   <tr><td>the result</td><td>the tool ran, and its result is durable</td></tr>
 *   <tr><td>what the tool threw</td><td>that it failed is durable</td></tr>
 *   <tr><td>{@link UnknownOutcomeException}, an interrupt or a timeout as {@link Tool} lists them, or
 *       an {@link Error}, from the tool</td><td>the call stays open</td></tr>
 *   <tr><td>{@link OutcomeNotRecordedException}</td><td>the tool ran; the call stays open, also if it
 *       threw and the session was not ours any more</td></tr>
 *   <tr><td>{@link SessionLockException}, or what {@link MemoryLog#append} throws</td><td>the tool
 *       was not run; if the intent was written all the same, the call is open</td></tr>
 * </table>
 */
public final class ToolCallJournal {

  private final Function<MemoryEvent, Receipt> log;
  private final SessionStore store;
  private final AgentSession session;
  private final Set<String> underWay = ConcurrentHashMap.newKeySet();

  /** Of the recovery that is open. */
  private volatile SessionStore.@Nullable Lock held;

  ToolCallJournal(Function<MemoryEvent, Receipt> log, SessionStore store, AgentSession session) {
    this.log = log;
    this.store = store;
    this.session = session;
  }

  /**
   * Appends nothing yet, and opens no connection before {@link #recover}.
   *
   * @param relational the PostgreSQL database in which the relational view of this log is kept; its
   *     primary, and no pooler between that gives out connections by transaction. A recovery takes
   *     two connections, and one of them for as long as it is open. The role needs SELECT on {@code
   *     tool_calls}, {@code checkpoints} and {@code view_positions}
   */
  public static ToolCallJournal of(MemoryLog log, DataSource relational, AgentSession session) {
    return new ToolCallJournal(
        log::append, new RelationalSession(log, relational, session), session);
  }

  /** A call with an id that nobody else has; see the table above. */
  public <X extends Exception> String call(String tool, String arguments, Tool<X> run) throws X {
    return call(UUID.randomUUID().toString(), tool, arguments, run);
  }

  /**
   * A call with an id of the session, such as the model gave it. An id that is used again begins
   * that call anew: its former outcome is then a state of the past.
   *
   * @param arguments JSON text
   * @throws IllegalStateException if a call of this id is under way in this journal; nothing was
   *     run
   */
  public <X extends Exception> String call(
      String toolCallId, String tool, String arguments, Tool<X> run) throws X {
    ToolCall call = ToolCall.intended(toolCallId, tool, arguments, session.agent());
    Ended ended = perform(held, CallEvents.unique(session, call), run);
    if (ended.failure != null) {
      @SuppressWarnings("unchecked") // the tool threw it, or it is unchecked
      X failure = (X) ended.failure;
      throw failure;
    }
    return ended.result;
  }

  /**
   * Records that an open call happened, as somebody found out: it is open no more.
   *
   * @throws SessionLockException if the session was recovered and is not ours any more
   */
  public void completed(ToolCall open, String result) {
    checkLock();
    append(CallEvents.unique(session, open).completed(result));
  }

  /**
   * Records that an open call did not happen, or in vain: it is open no more.
   *
   * @throws SessionLockException if the session was recovered and is not ours any more
   */
  public void failed(ToolCall open, String error) {
    checkLock();
    append(CallEvents.unique(session, open).failed(error));
  }

  /**
   * Makes the state durable from which the session can go on; returns when it is.
   *
   * @param step a name; saving the same step again replaces its state
   * @param state JSON text
   * @throws SessionLockException if the session was recovered and is not ours any more
   */
  public Receipt checkpoint(String step, String state) {
    checkLock();
    return append(CallEvents.checkpoint(session, step, state));
  }

  /**
   * Takes the session over, after a crash or to begin it: waits until the relational view shows all
   * that is in the log of it now, and tells where to go on. Until the recovery is closed no other
   * process can recover the session, and every call, checkpoint and settlement of this journal
   * first asks whether that is still so.
   *
   * @param timeout for the view to get there
   * @throws SessionLockException at once, if another process recovers the session
   * @throws dev.driftless.producer.NotVisibleException if the view is not there in time; says how
   *     far it is behind, and why if that is known
   * @throws IllegalStateException if the view says that it is there, and these tables are not
   */
  public Recovery recover(Duration timeout) {
    SessionStore.Lock lock = store.lock();
    try {
      Recovery recovery = new Recovery(this, lock, timeout, store.read(null, timeout));
      held = lock;
      return recovery;
    } catch (RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /**
   * Intent, tool, outcome.
   *
   * @param lock asked both times, also if its recovery is closed in between; null if there is none
   * @return what the tool returned or threw; what the journal itself cannot do is thrown
   */
  Ended perform(SessionStore.@Nullable Lock lock, CallEvents events, Tool<?> run) {
    String id = events.call().id();
    if (!underWay.add(id)) {
      throw new IllegalStateException(
          "call %s is under way already in session %s: give each call an id of its own"
              .formatted(id, session.session()));
    }
    try {
      check(lock);
      append(events.intended());
      // Whoever recovers the session from here on finds the intent.
      check(lock);
      return run(lock, events, run);
    } finally {
      underWay.remove(id);
    }
  }

  SessionState read(@Nullable String saga, Duration timeout) {
    return store.read(saga, timeout);
  }

  /** Appends what came of something that ran. */
  void record(MemoryEvent outcome, String what, ToolCall call, @Nullable String result) {
    try {
      append(outcome);
    } catch (RuntimeException e) {
      throw new OutcomeNotRecordedException(what, call, result, e);
    }
  }

  private static void checkStillOurs(SessionStore.@Nullable Lock lock, String what, ToolCall call) {
    try {
      check(lock);
    } catch (SessionLockException e) {
      throw new OutcomeNotRecordedException(what, call, null, e);
    }
  }

  Receipt append(MemoryEvent event) {
    return log.apply(event);
  }

  private void checkLock() {
    check(held);
  }

  private static void check(SessionStore.@Nullable Lock lock) {
    if (lock != null) {
      lock.check();
    }
  }

  void released(SessionStore.Lock lock) {
    if (held == lock) {
      held = null;
    }
  }

  AgentSession session() {
    return session;
  }

  private Ended run(SessionStore.@Nullable Lock lock, CallEvents events, Tool<?> run) {
    ToolCall call = events.call();
    String what = "tool " + call.tool();
    String result;
    try {
      result = CallEvents.text(run.run());
    } catch (Exception e) {
      if (UnknownOutcomeException.isToldBy(e)) {
        return new Ended(Status.INTENDED, "", e);
      }
      try {
        // Late, it would contradict what whoever has the session now has found out.
        checkStillOurs(lock, what, call);
        record(events.failed(e.toString()), what, call, null);
      } catch (OutcomeNotRecordedException unrecorded) {
        unrecorded.addSuppressed(e);
        throw unrecorded;
      }
      return new Ended(Status.FAILED, "", e);
    }
    record(events.completed(result), what, call, result);
    return new Ended(Status.COMPLETED, result, null);
  }

  /**
   * How a tool ended.
   *
   * @param status what is recorded of the call
   * @param result empty if it threw
   */
  record Ended(Status status, String result, @Nullable Exception failure) {}
}
