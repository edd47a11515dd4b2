package dev.driftless.projectors.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.driftless.projectors.Events;
import dev.driftless.projectors.TestLog;
import dev.driftless.projectors.app.Pages.Answer;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.relational.RelationalProjector;
import dev.driftless.projectors.runtime.ViewApplication;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an orchestrator is told of a view that starts, runs, hangs, or stopped by itself. */
final class HealthPagesIT {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final TestLog log = new TestLog(PATIENCE);
  private final ViewApplication application =
      new ViewApplication(
          new RelationalProjector(PostgresFixture.server(), log.names()),
          log.reader(),
          log.config(),
          new SimpleMeterRegistry());
  private final HealthPages pages =
      new HealthPages(Map.of("relational", application), ProcessMeters.open());

  @AfterEach
  void close() {
    application.close();
    log.close();
  }

  @Test
  void is_ready_once_it_has_its_partitions() {
    assertThat(answer("/health/ready")).isEqualTo("503 {\"views\":{\"relational\":\"starting\"}}");
    assertThat(answer("/health/live")).startsWith("200");
    application.start();
    await()
        .atMost(PATIENCE)
        .until(
            () -> answer("/health/ready").equals("200 {\"views\":{\"relational\":\"running\"}}"));
  }

  @Test
  void a_view_that_stopped_says_why_and_need_not_be_started_again() throws Exception {
    log.configure("retention.ms", "3600000");
    application.start();
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(answer("/health/ready"))
                    .startsWith("503")
                    .contains("retention.ms=3600000 instead of -1"));
    assertThat(answer("/health/live")).startsWith("200");
  }

  @Test
  void a_view_that_hangs_in_its_store_is_told_from_one_that_waits() throws Exception {
    application.start();
    log.publish(Events.recorded("m1", "text"));
    await().atMost(PATIENCE).until(() -> answer("/health/ready").startsWith("200"));
    PostgresConfig postgres = PostgresFixture.server();
    try (Connection held =
        DriverManager.getConnection(postgres.url(), postgres.user(), postgres.password())) {
      held.setAutoCommit(false);
      try (Statement lock = held.createStatement()) {
        lock.execute(
            "LOCK TABLE %s.memories IN EXCLUSIVE MODE"
                .formatted(RelationalProjector.schema(log.names())));
      }
      log.publish(Events.recorded("m2", "text"));
      await().atMost(PATIENCE).until(() -> application.hangsFor(Duration.ofSeconds(2)));
      held.rollback();
    }
    await().atMost(PATIENCE).until(() -> !application.hangsFor(Duration.ofSeconds(2)));
  }

  private String answer(String path) {
    Answer answer = pages.apply(URI.create(path));
    return answer.status() + " " + new String(answer.body(), StandardCharsets.UTF_8);
  }
}
