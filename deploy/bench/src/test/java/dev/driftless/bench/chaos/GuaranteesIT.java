package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.bench.chaos.RememberingClient.Operation;
import dev.driftless.producer.MemoryLog;
import dev.driftless.projectors.app.ProjectorsConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Eight clients read their writes and each other's, see no view go backwards and nothing come back
 * that was forgotten, while the projectors are killed. How many operations they do is said by the
 * system property {@code driftless.operations}: 2,000, or 100,000 in the profile.
 */
@Tag("long")
final class GuaranteesIT {

  private static final Logger LOG = LoggerFactory.getLogger(GuaranteesIT.class);
  private static final long OPERATIONS = Long.getLong("driftless.operations", 2_000);
  private static final int CLIENTS = 8;
  private static final Duration LOOK = Duration.ofMillis(20);
  private static final String NAME = "guarantees";

  /** One for so many operations, and two at least. */
  private static final long OPERATIONS_A_KILL = Math.min(OPERATIONS / 3, 5_000);

  @Test
  void clients_read_their_writes_and_nothing_goes_back_while_projectors_are_killed(
      @TempDir Path directory) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
    List<MemoryLog> logs = new ArrayList<>();
    try (ChaosStack stack = ChaosStack.open()) {
      stack.begin(NAME, System.getProperty("java.class.path"), directory.resolve("logs"));
      ProjectorsConfig config = stack.direct(NAME);
      AtomicLong left = new AtomicLong(OPERATIONS);
      List<RememberingClient> clients = new ArrayList<>();
      try (Glance glance = new Glance(config)) {
        for (int i = 0; i < CLIENTS; i++) {
          logs.add(Trial.log(config));
          clients.add(new RememberingClient(i, 1, logs.get(i), glance, clients, left));
        }
        List<Future<?>> running = new ArrayList<>();
        clients.forEach(client -> running.add(threads.submit(client)));
        int kills = killMeanwhile(stack, left, running);
        for (Future<?> client : running) {
          client.get();
        }
        Map<Operation, Integer> done = new EnumMap<>(Operation.class);
        clients.forEach(client -> client.done().forEach((o, n) -> done.merge(o, n, Integer::sum)));
        LOG.info("{} operations, {} kills: {}", OPERATIONS, kills, done);

        assertThat(clients).flatExtracting(RememberingClient::violations).isEmpty();
        assertThat(kills).isGreaterThanOrEqualTo(2);
        assertThat(done).containsKeys(Operation.values());
        assertThat(done.values().stream().mapToInt(n -> n).sum()).isEqualTo((int) OPERATIONS);
      } finally {
        logs.forEach(MemoryLog::close);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** Returns when the clients are through, or one has failed; answers how often it killed. */
  private static int killMeanwhile(ChaosStack stack, AtomicLong left, List<Future<?>> running) {
    int kills = 0;
    long next = OPERATIONS - OPERATIONS_A_KILL;
    while (running.stream().noneMatch(Future::isDone)) {
      if (left.get() <= next) {
        stack.kill("projector");
        stack.start("projector");
        kills++;
        next = left.get() - OPERATIONS_A_KILL;
        LOG.info("killed the projectors, {} operations to go", left.get());
      }
      Pause.of(LOOK);
    }
    return kills;
  }
}
