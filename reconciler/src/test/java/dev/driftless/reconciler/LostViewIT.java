package dev.driftless.reconciler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.driftless.projectors.Generations.Numbers;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A process that keeps one view, whose position is of another log. */
final class LostViewIT {

  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final KeptViews views = new KeptViews();
  private final Stores stores = new Stores(views);

  @BeforeEach
  void fill() {
    views.start("relational");
    views.start("cache");
    views.publish(Events.stream(new Random(5), 5, 50));
    views.awaitCaughtUp("relational", "cache");
    views.stop("relational");
    views.stop("cache");
  }

  @AfterEach
  void close() {
    stores.close();
    views.close();
  }

  @Test
  void is_rebuilt_by_the_process_that_stopped_to_keep_it() throws Exception {
    stores.sql("UPDATE R.view_positions SET topic_id = 'of another log'");
    Process process = start("relational");
    try (Rebuild rebuild = new Rebuild(views.config(), "relational", line -> {});
        Reconciler reconciler = views.reconciler("lost")) {
      await().atMost(PATIENCE).until(() -> log().contains("is of another log"));
      assertThat(rebuild.isLost()).isTrue();

      rebuild.prepare();
      rebuild.fill();
      assertThat(reconciler.checkSpare("relational").exitCode()).isZero();
      rebuild.exchange(new Numbers(1, 2));
      assertThat(rebuild.isLost()).isFalse();
      assertThat(rebuild.lagOfSpare().isLost()).isTrue();
      assertThat(process.isAlive()).isTrue();
      stop(process);

      views.publish(Events.everything("mia"));
      process = start("relational");
      views.awaitCaughtUp("relational");
      assertThat(reconciler.check(List.of("relational"), true).exitCode()).isZero();
    } finally {
      stop(process);
    }
  }

  @Test
  void which_is_rebuilt_in_place_ends_its_process() throws Exception {
    stores.redis().keys(stores.key("*position*")).forEach(this::ofAnotherLog);
    Process process = start("cache");
    try {
      assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(1);
    } finally {
      stop(process);
    }
  }

  private void ofAnotherLog(String position) {
    stores.redis().hset(position, "topicId", "of another log");
  }

  private Process start(String view) throws IOException {
    return ProjectorProcess.start("", views.variables(), views.directory(), "--view", view);
  }

  private String log() throws IOException {
    return Files.readString(views.directory().resolve("projectors.log"));
  }

  private static void stop(Process process) throws InterruptedException {
    process.destroy();
    process.waitFor();
  }
}
