package dev.driftless.reconciler.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.driftless.projectors.app.ProjectorsConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LagReaderTest {

  private static final Instant LONG_AGO = Instant.now().minus(Duration.ofHours(1));

  @Test
  void a_broker_whose_name_nobody_knows_yet_is_told_and_asked_for_again(@TempDir Path directory)
      throws Exception {
    Map<String, String> nowhere =
        Map.of(
            "KAFKA_BOOTSTRAP_SERVERS",
            "no.such.host.invalid:9092",
            "DRIFTLESS_STATE",
            directory.toString());
    Watch watch =
        new Watch(
            ReconcilerConfig.load(null, nowhere::get),
            new ReconcilerMeters(new SimpleMeterRegistry()),
            Trend.open(directory.resolve("history.jsonl"), LONG_AGO),
            LONG_AGO);
    CountDownLatch stop = new CountDownLatch(1);
    Thread reader =
        new Thread(
            new LagReader(
                ProjectorsConfig.load(null, nowhere::get), Duration.ofMillis(10), watch, stop));
    reader.start();
    try {
      await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(
              () ->
                  assertThat(watch.problems(Instant.now()))
                      .anySatisfy(
                          problem ->
                              assertThat(problem)
                                  .contains(
                                      "No resolvable bootstrap urls given in bootstrap.servers")));
      assertThat(reader.isAlive()).isTrue();
    } finally {
      stop.countDown();
    }
    reader.join(Duration.ofMinutes(1).toMillis());
    assertThat(reader.isAlive()).isFalse();
  }
}
