package dev.driftless.cli;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryRecalled;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.Receipt;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.Lag;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * One event published while nothing else is going on, to measure how long it takes until each view
 * has it: from the call that publishes it, until the view's stored position is beyond it. It says
 * that somebody looked for a memory, which audit alone records: the demonstration changes nothing
 * that the other views show.
 */
final class LoneEvent {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(2);

  private final MemoryLog log;
  private final Lag lag;

  LoneEvent(MemoryLog log, Lag lag) {
    this.log = log;
    this.lag = lag;
  }

  /**
   * Time from publish to visible, by view.
   *
   * @throws IllegalStateException if a view has not shown it after a minute
   */
  Map<String, Duration> publish() {
    ExecutorService threads = Executors.newFixedThreadPool(Views.names().size());
    try {
      return measure(threads);
    } finally {
      threads.shutdownNow();
    }
  }

  private Map<String, Duration> measure(ExecutorService threads) {
    MemoryEvent event = event();
    long begin = System.nanoTime();
    Receipt receipt = log.append(event);
    Map<String, CompletableFuture<Duration>> visible = new LinkedHashMap<>();
    for (String view : Views.names()) {
      visible.put(
          view, CompletableFuture.supplyAsync(() -> awaitVisible(view, receipt, begin), threads));
    }
    Map<String, Duration> took = new LinkedHashMap<>();
    visible.forEach((view, future) -> took.put(view, future.join()));
    return took;
  }

  private Duration awaitVisible(String view, Receipt receipt, long begin) {
    while (lag.position(view, receipt.partition()) <= receipt.offset()) {
      if (System.nanoTime() - begin > PATIENCE.toNanos()) {
        throw new IllegalStateException(
            "view %s does not show a single event after %d s"
                .formatted(view, PATIENCE.toSeconds()));
      }
      pause();
    }
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  private static MemoryEvent event() {
    return MemoryEvent.newBuilder()
        .setEventId("demo/" + UUID.randomUUID())
        .setOccurredAt(Instant.now().truncatedTo(ChronoUnit.MILLIS))
        .setTenant("demo")
        .setSubject("stopwatch")
        .setAgent("driftless-demo")
        .setPayload(new MemoryRecalled(List.of(), "how long does it take?"))
        .build();
  }

  private static void pause() {
    try {
      Thread.sleep(POLL.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a view", e);
    }
  }
}
