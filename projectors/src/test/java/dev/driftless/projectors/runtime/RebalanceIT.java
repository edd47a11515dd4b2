package dev.driftless.projectors.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.events.MemoryEvent;
import dev.driftless.local.LocalStack;
import dev.driftless.local.Progress;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.Events;
import dev.driftless.projectors.Memory;
import dev.driftless.projectors.TestLog;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.relational.RelationalFixture;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Partitions that move between threads and processes while events come and the store comes and
 * goes.
 */
final class RebalanceIT {

  @TempDir private Path directory;

  private final Random random = new Random(7);
  private final Map<String, String> expected = new TreeMap<>();
  private int published;

  @Test
  void partitions_move_while_the_store_is_away_or_wiped_and_nothing_is_lost_or_done_twice() {
    try (TestStack own = TestStack.fresh(ServerKind.POSTGRES);
        TestLog log = new TestLog(Duration.ofMinutes(2));
        RelationalFixture fixture =
            new RelationalFixture(PostgresFixture.server(own.stack().addresses()))) {
      LocalStack stack = own.stack();
      try (ViewApplication first = log.start(fixture.open(), config(log, "first"))) {
        publish(log);
        log.awaitCaughtUp(fixture);
        publish(log);
        stack.kill(ServerKind.POSTGRES);
        try (ViewApplication second = log.start(fixture.open(), config(log, "second"))) {
          publish(log);
          stack.start(Set.of(ServerKind.POSTGRES), Progress.silent());
          log.awaitCaughtUp(fixture);
          fixture.wipe();
          publish(log);
          first.close();
          log.awaitCaughtUp(fixture);
          assertThat(second.stopped()).isNotDone();
        }
        assertThat(first.stopped()).isNotDone();
      }
      assertThat(fixture.query("SELECT concat(subject, '/', memory_id, ' ', text) FROM memories"))
          .containsExactlyInAnyOrderElementsOf(
              expected.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList());
      assertThat(fixture.query("SELECT count(*) FROM memory_versions"))
          .containsExactly(Integer.toString(published));
      assertThat(log.deadLetters("relational")).isEmpty();
    }
  }

  private void publish(TestLog log) {
    List<MemoryEvent> events =
        IntStream.range(0, 500)
            .mapToObj(
                i ->
                    Events.recorded(
                        "acme",
                        "s" + random.nextInt(20),
                        "m" + random.nextInt(30),
                        "text " + random.nextInt()))
            .toList();
    log.publish(events);
    events.forEach(
        e -> expected.put(e.getSubject() + "/" + Memory.of(e).memoryId(), Memory.of(e).text()));
    published += events.size();
  }

  /** Two threads, one for each partition until the other process comes. */
  private RuntimeConfig config(TestLog log, String process) {
    return new RuntimeConfig(
        log.names(),
        log.kafka(),
        directory.resolve(process),
        null,
        2,
        100,
        Duration.ofMillis(200),
        Duration.ofMillis(200),
        Duration.ofHours(24));
  }
}
