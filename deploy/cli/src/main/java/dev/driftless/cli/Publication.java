package dev.driftless.cli;

import dev.driftless.events.MemoryEvent;
import dev.driftless.producer.InvalidEventException;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.Receipt;
import dev.driftless.schemas.EventType;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Appends the events of a file to the log, in their order, at most {@value #MAX_IN_FLIGHT} at a
 * time without an acknowledgement. The first that fails stops it. Not for several threads.
 */
final class Publication {

  private static final int MAX_IN_FLIGHT = 5_000;
  private static final long PROGRESS_NANOS = Duration.ofSeconds(1).toNanos();

  private final MemoryLog log;
  private final Consumer<String> progress;
  private final Deque<Append> inFlight = new ArrayDeque<>();
  private final Map<EventType, Long> published = new EnumMap<>(EventType.class);
  private final Map<Integer, Receipt> last = new TreeMap<>();
  private final List<Receipt> receipts = new ArrayList<>();
  private final boolean keepsReceipts;
  private final long started = System.nanoTime();
  private long saidAt = started;
  private @Nullable String failure;

  /**
   * @param keepsReceipts whether somebody wants the receipt of each event
   * @param progress gets a line a second
   */
  Publication(MemoryLog log, boolean keepsReceipts, Consumer<String> progress) {
    this.keepsReceipts = keepsReceipts;
    this.log = log;
    this.progress = progress;
  }

  private record Append(String place, MemoryEvent event, CompletableFuture<Receipt> receipt) {}

  /**
   * What came of it.
   *
   * @param published events that the log acknowledged, by type
   * @param last of each partition, the last of them
   * @param receipts of all of them, in their order; none if they were not asked for
   * @param failure what stopped it, with its place in the file; null if nothing did
   */
  record Summary(
      Map<EventType, Long> published,
      List<Receipt> last,
      List<Receipt> receipts,
      Duration took,
      @Nullable String failure) {

    long total() {
      return published.values().stream().mapToLong(n -> n).sum();
    }
  }

  /** Publishes all lines, or up to the first failure. */
  Summary publish(EventLines lines) {
    try {
      EventLines.Line line = lines.next();
      while (line != null && appendAll(line)) {
        line = lines.next();
      }
    } catch (ImportException e) {
      fail(String.valueOf(e.getMessage()));
    }
    settle(0);
    return new Summary(
        Map.copyOf(published),
        List.copyOf(last.values()),
        List.copyOf(receipts),
        Duration.ofNanos(System.nanoTime() - started),
        failure);
  }

  /** False if one failed already. */
  private boolean appendAll(EventLines.Line line) {
    for (MemoryEvent event : line.events()) {
      CompletableFuture<Receipt> receipt = log.appendAsync(event);
      inFlight.add(new Append(line.place(), event, receipt));
      settle(MAX_IN_FLIGHT);
      say(line.place());
      if (receipt.isCompletedExceptionally() || failure != null) {
        return false;
      }
    }
    return true;
  }

  /** Takes the outcomes of the oldest appends, until at most {@code left} are open. */
  private void settle(int left) {
    while (inFlight.size() > left || isDone(inFlight.peek())) {
      Append append = inFlight.remove();
      try {
        Receipt receipt = append.receipt().join();
        published.merge(EventType.of(append.event()), 1L, Long::sum);
        if (keepsReceipts) {
          receipts.add(receipt);
        }
        last.merge(receipt.partition(), receipt, (a, b) -> a.offset() > b.offset() ? a : b);
      } catch (CompletionException e) {
        fail(append, e.getCause() == null ? e : e.getCause());
      }
    }
  }

  private static boolean isDone(@Nullable Append append) {
    return append != null && append.receipt().isDone();
  }

  private void fail(Append append, Throwable e) {
    String event =
        e instanceof InvalidEventException ? "event " + append.event().getEventId() + ": " : "";
    fail(append.place() + ": " + event + e.getMessage());
  }

  private void fail(String why) {
    if (failure == null) {
      failure = why;
    }
  }

  private void say(String place) {
    long now = System.nanoTime();
    if (now - saidAt >= PROGRESS_NANOS) {
      saidAt = now;
      long total = published.values().stream().mapToLong(n -> n).sum();
      progress.accept("published %,d events, at %s".formatted(total, place));
    }
  }
}
