package dev.driftless.projectors.runtime;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * When each consumer of a view polled last: one that waits for what is away goes on polling, one
 * that hangs does not. Safe for several threads.
 */
final class Polls {

  private final Map<Object, Long> last = new ConcurrentHashMap<>();

  void polled(Object consumer) {
    last.put(consumer, System.nanoTime());
  }

  void closed(Object consumer) {
    last.remove(consumer);
  }

  /** Whether one of them has not polled for longer than this. */
  boolean areMissedFor(Duration silence) {
    long now = System.nanoTime();
    return last.values().stream().anyMatch(then -> now - then > silence.toNanos());
  }
}
