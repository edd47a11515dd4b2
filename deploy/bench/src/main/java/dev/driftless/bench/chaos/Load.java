package dev.driftless.bench.chaos;

import dev.driftless.bench.chaos.check.Written;
import dev.driftless.events.MemoryEvent;
import dev.driftless.producer.AppendTimeoutException;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.Receipt;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Writers that append events, several at a time, in the order of each subject, and append again
 * what was not acknowledged, until they have appended as many as they may. Safe for several
 * threads.
 */
final class Load implements AutoCloseable {

  private static final int WRITERS = 4;
  private static final int AT_ONCE = 6;

  /** Of one writer, between two appends of several events. */
  private static final Duration BETWEEN = Duration.ofMillis(150);

  private static final Duration BEFORE_ANOTHER_TRY = Duration.ofMillis(200);
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final MemoryLog log;
  private final Journal journal = new Journal();
  private final List<Thread> threads = new ArrayList<>();
  private int allowed;
  private int begun;
  private int done;
  private boolean over;
  private @Nullable RuntimeException failure;

  Load(MemoryLog log, long seed) {
    this.log = log;
    for (int writer = 0; writer < WRITERS; writer++) {
      EventStream events = new EventStream(seed, writer);
      Thread thread = new Thread(() -> write(events), "writer-" + writer);
      thread.setDaemon(true);
      threads.add(thread);
    }
    threads.forEach(Thread::start);
  }

  /** Lets them go on until this many events are acknowledged; returns at once. */
  synchronized void allow(int events) {
    allowed = events;
    notifyAll();
  }

  /** Waits until this many events are acknowledged, for as long as they get on. */
  synchronized void await(int events) {
    Instant deadline = Instant.now().plus(PATIENCE);
    int before = done;
    while (done < events) {
      if (failure != null) {
        throw failure;
      }
      if (done > before) {
        before = done;
        deadline = Instant.now().plus(PATIENCE);
      } else if (Instant.now().isAfter(deadline)) {
        throw new IllegalStateException(
            "%d of %d events are acknowledged, and none in %s".formatted(done, events, PATIENCE));
      }
      pause();
    }
  }

  synchronized int done() {
    return done;
  }

  Written written() {
    return journal.written();
  }

  @Override
  public void close() {
    synchronized (this) {
      over = true;
      notifyAll();
    }
    threads.forEach(Thread::interrupt);
    log.close();
  }

  private void write(EventStream events) {
    try {
      for (int turn = turn(); turn > 0; turn = turn()) {
        List<MemoryEvent> group = new ArrayList<>();
        for (int i = 0; i < turn; i++) {
          group.add(events.next());
        }
        append(group);
        done(turn);
        Pause.of(BETWEEN);
      }
    } catch (RuntimeException e) {
      failed(e);
    }
  }

  private void append(List<MemoryEvent> group) {
    List<CompletableFuture<Receipt>> receipts = new ArrayList<>();
    for (MemoryEvent event : group) {
      journal.attempted(event);
      receipts.add(log.appendAsync(event));
    }
    List<MemoryEvent> again = new ArrayList<>();
    for (int i = 0; i < group.size(); i++) {
      try {
        journal.acknowledged(group.get(i), receipts.get(i).join());
      } catch (CompletionException e) {
        if (!(e.getCause() instanceof AppendTimeoutException)) {
          throw e;
        }
        again.add(group.get(i));
      }
    }
    again.forEach(this::appendAgain);
  }

  private void appendAgain(MemoryEvent event) {
    while (true) {
      Pause.of(BEFORE_ANOTHER_TRY);
      try {
        journal.attempted(event);
        journal.acknowledged(event, log.append(event));
        return;
      } catch (AppendTimeoutException stillAway) {
        continue;
      }
    }
  }

  /** How many to append now; 0 when all is over. */
  private synchronized int turn() {
    while (!over && begun >= allowed) {
      pause();
    }
    int turn = over ? 0 : Math.min(AT_ONCE, allowed - begun);
    begun += turn;
    return turn;
  }

  private synchronized void done(int events) {
    done += events;
    notifyAll();
  }

  private synchronized void failed(RuntimeException e) {
    if (!over) {
      failure = e;
      notifyAll();
    }
  }

  private synchronized void pause() {
    try {
      wait(200);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
