package dev.driftless.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.schemas.Names;
import dev.driftless.schemas.RegistryUnavailableException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A broker that is killed or hangs, on a stack of its own. */
class BrokerAwayIT {

  private static final Duration TIMEOUT = Duration.ofSeconds(4);

  private static final TestStack STACK = TestStack.fresh(ServerKind.KAFKA, ServerKind.REGISTRY);

  private final TestLog test =
      new TestLog(STACK.with(ServerKind.KAFKA, ServerKind.REGISTRY)).create();

  @AfterAll
  static void stop() {
    STACK.close();
  }

  @AfterEach
  void close() {
    test.close();
  }

  @Test
  void what_was_acknowledged_survives_the_kill_of_the_broker_and_the_rest_says_so()
      throws Exception {
    Map<String, CompletableFuture<Receipt>> appends = new LinkedHashMap<>();
    try (MemoryLog log = MemoryLog.open(test.config().withTimeout(TIMEOUT))) {
      Thread killer = new Thread(() -> sleepAndKill(1_000));
      killer.start();
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
      for (int i = 0; System.nanoTime() < end; i++) {
        appends.put("e" + i, log.appendAsync(Events.memory("e" + i, "subject-" + i % 50, "text")));
        if (i % 20 == 0) {
          Thread.sleep(1);
        }
      }
      killer.join();
      long stopped = System.nanoTime();
      Set<String> acknowledged = new HashSet<>();
      Set<String> unknown = new HashSet<>();
      appends.forEach(
          (id, append) -> {
            try {
              append.join();
              acknowledged.add(id);
            } catch (CompletionException e) {
              assertThat(e).hasCauseInstanceOf(AppendTimeoutException.class);
              unknown.add(id);
            }
          });
      assertThat(Duration.ofNanos(System.nanoTime() - stopped)).isLessThan(TIMEOUT.plusSeconds(1));
      assertThat(acknowledged).isNotEmpty();
      assertThat(unknown).isNotEmpty();

      STACK.stack().start(EnumSet.of(ServerKind.KAFKA), line -> {});
      assertThat(appended()).containsAll(acknowledged);

      for (String id : unknown.stream().limit(10).toList()) {
        log.append(Events.memory(id, "subject-0", "text"));
        assertThat(appended()).contains(id);
      }
    }
  }

  @Test
  void while_the_broker_hangs_memory_and_time_are_bounded_and_it_goes_on_afterwards() {
    MemoryLogConfig c = test.config().withTimeout(TIMEOUT);
    MemoryLogConfig small =
        new MemoryLogConfig(
            c.kafka(),
            c.registryUrl(),
            c.registry(),
            c.names(),
            c.embeddingModels(),
            TIMEOUT,
            1 << 20);
    try (MemoryLog log = MemoryLog.open(small)) {
      log.append(Events.memory("before", "mia", "text"));
      STACK.stack().suspend(ServerKind.KAFKA);
      try {
        Map<String, CompletableFuture<Receipt>> appends = new LinkedHashMap<>();
        String text = "x".repeat(100_000);
        long start = System.nanoTime();
        while (appends.values().stream().noneMatch(CompletableFuture::isDone)) {
          String id = "e" + appends.size();
          appends.put(id, log.appendAsync(Events.memory(id, "mia", text)));
        }
        assertThat(appends).as("a full buffer makes the caller wait").hasSizeLessThan(20);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TIMEOUT);

        assertThatThrownBy(() -> log.append(Events.memory("last", "mia", "text")))
            .isInstanceOf(AppendTimeoutException.class)
            .hasMessageContaining(test.names.log())
            .hasMessageContaining("event last");
        assertThat(Duration.ofNanos(System.nanoTime() - start))
            .isLessThan(TIMEOUT.multipliedBy(2).plusSeconds(1));
        assertThat(appends.get("e0"))
            .failsWithin(TIMEOUT)
            .withThrowableThat()
            .withMessageContaining("may or may not hold event e0 (timeout PT4S)")
            .withMessageContaining("appending it again with the same eventId is safe");
        assertThat(outcomes(appends)).contains("unknown").doesNotContain("written");
      } finally {
        STACK.stack().resume(ServerKind.KAFKA);
      }

      assertThat(log.append(Events.memory("after", "mia", "text"))).isNotNull();
      assertThat(appended()).contains("before", "after");
    }
  }

  @Test
  void a_log_whose_broker_is_away_does_not_open_and_says_where_it_looked() {
    MemoryLogConfig away =
        MemoryLogConfig.of("127.0.0.1:1", test.servers.schemaRegistryUrl())
            .withNames(test.names)
            .withTimeout(Duration.ofSeconds(2));
    long start = System.nanoTime();

    assertThatThrownBy(() -> MemoryLog.open(away))
        .isInstanceOf(LogUnavailableException.class)
        .hasMessageStartingWith("the Kafka brokers at 127.0.0.1:1: no broker answers");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(3));
  }

  @Test
  void a_broker_address_that_is_none_is_said() {
    MemoryLogConfig wrong =
        MemoryLogConfig.of("no.such.host.invalid:9092", test.servers.schemaRegistryUrl())
            .withNames(test.names);

    assertThatThrownBy(() -> MemoryLog.open(wrong))
        .isInstanceOf(LogUnavailableException.class)
        .hasMessageContaining("no.such.host.invalid:9092");
  }

  @Test
  void a_log_whose_registry_is_away_does_not_open_and_says_where_it_looked() {
    MemoryLogConfig away =
        MemoryLogConfig.of(test.servers.kafkaBootstrapServers(), "http://127.0.0.1:1")
            .withNames(new Names("away"));

    assertThatThrownBy(() -> MemoryLog.open(away))
        .isInstanceOf(RegistryUnavailableException.class)
        .hasMessageContaining("the schema registry at http://127.0.0.1:1 does not answer");
  }

  @Test
  void while_the_registry_hangs_an_open_log_goes_on_and_no_other_opens_and_says_so_in_time() {
    MemoryLogConfig config = test.config().withTimeout(TIMEOUT);
    try (MemoryLog log = MemoryLog.open(config)) {
      STACK.stack().suspend(ServerKind.REGISTRY);
      try {
        log.append(Events.memory("meanwhile", "mia", "text"));
        long start = System.nanoTime();
        assertThatThrownBy(() -> MemoryLog.open(config))
            .isInstanceOf(RegistryUnavailableException.class)
            .hasMessageContaining("the schema registry at " + config.registryUrl());
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(TIMEOUT.plusSeconds(1));
      } finally {
        STACK.stack().resume(ServerKind.REGISTRY);
      }
      assertThat(appended()).contains("meanwhile");
      MemoryLog.open(config).close();
    }
  }

  private Set<String> appended() {
    return test.records().stream()
        .map(record -> test.decoded(record).getEventId())
        .collect(Collectors.toSet());
  }

  private static Set<String> outcomes(Map<String, CompletableFuture<Receipt>> appends) {
    Set<String> outcomes = new HashSet<>();
    appends
        .values()
        .forEach(
            append -> {
              try {
                append.join();
                outcomes.add("written");
              } catch (CompletionException e) {
                assertThat(e)
                    .cause()
                    .isInstanceOfSatisfying(
                        AppendTimeoutException.class,
                        cause -> outcomes.add(cause.mayBeWritten() ? "unknown" : "not sent"));
              }
            });
    return outcomes;
  }

  private static void sleepAndKill(long ms) {
    try {
      Thread.sleep(ms);
      STACK.stack().kill(ServerKind.KAFKA);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
