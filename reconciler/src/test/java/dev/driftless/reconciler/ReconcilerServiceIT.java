package dev.driftless.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.driftless.projectors.runtime.ViewControls;
import dev.driftless.reconciler.service.ReconcilerConfig;
import dev.driftless.reconciler.service.ReconcilerService;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The service over real stores, as its users see it: over HTTP. */
final class ReconcilerServiceIT {

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private KeptViews views;
  private Stores stores;
  private ReconcilerService service;

  @BeforeEach
  void open() {
    views = new KeptViews();
    stores = new Stores(views);
    views.start();
    views.publish(Events.everything("mia"));
    views.awaitCaughtUp();
    service = start(Map.of());
  }

  @AfterEach
  void close() {
    service.close();
    stores.close();
    views.close();
  }

  @Test
  void drift_turns_it_red_and_nothing_is_written_unless_it_is_told_to_repair() {
    await(() -> assertThat(ready()).isEqualTo(200));
    String delete = "DELETE FROM R.memories WHERE memory_id = 'm1' AND subject = 'mia'";
    stores.sql(delete);
    await(
        () -> {
          assertThat(ready()).isEqualTo(503);
          assertThat(view("relational").path("state").asText()).isEqualTo("diverged");
        });
    assertThat(view("relational").toString()).contains("memory acme/mia m1", "MISSING");
    assertThat(stores.query("SELECT 1 FROM R.memories WHERE memory_id = 'm1'")).isEmpty();

    service.close();
    service = start(Map.of("DRIFTLESS_REPAIR", "true", "DRIFTLESS_MAX_PERCENT", "50"));
    await(
        () -> {
          assertThat(stores.query("SELECT 1 FROM R.memories WHERE memory_id = 'm1'")).hasSize(1);
          assertThat(ready()).isEqualTo(200);
        });
    assertThat(status().at("/repairs/0/mended").asLong()).isEqualTo(1);
    assertThat(status().at("/history/at")).isNotEmpty();
  }

  @Test
  void a_stuck_view_turns_it_red_while_a_paused_one_does_not() {
    await(() -> assertThat(ready()).isEqualTo(200));
    ViewControls.set(views.config().kafka(), views.config().names(), "context", true);
    views.stop("cache");
    views.publish(List.of(Events.recorded("mia", "m9", "new")));
    await(
        () -> {
          assertThat(view("cache").path("state").asText()).isEqualTo("stuck");
          assertThat(view("context").path("state").asText()).isEqualTo("paused");
        });
    assertThat(ready()).isEqualTo(503);
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
    assertThat(view("cache").path("lagEvents").asLong()).isEqualTo(1);
    assertThat(view("cache").path("lagSeconds").asDouble()).isPositive();
    assertThat(get("/metrics").body())
        .contains("driftless_stuck{view=\"cache\"} 1.0", "driftless_stuck{view=\"context\"} 0.0");

    views.start("cache");
    await(() -> assertThat(view("cache").path("state").asText()).isEqualTo("ok"));
  }

  @Test
  void nobody_else_can_read_its_copy_of_the_log() throws Exception {
    await(() -> assertThat(ready()).isEqualTo(200));
    try (Stream<Path> files = Files.walk(views.directory().resolve("service"))) {
      assertThat(files.filter(file -> file.endsWith("log")))
          .singleElement()
          .satisfies(
              log ->
                  assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(log)))
                      .isEqualTo("rwx------"));
    }
  }

  /** Ten seconds are promised; a busy machine has five more. */
  @Test
  void it_ends_within_ten_seconds_though_a_store_hangs() {
    await(() -> assertThat(ready()).isEqualTo(200));
    stores.sql("BEGIN");
    stores.sql("LOCK TABLE R.memories");
    try {
      await(
          () ->
              assertThat(
                      stores.query(
                          "SELECT pid FROM pg_locks WHERE relation = 'R.memories'::regclass AND NOT granted"))
                  .isNotEmpty());

      long begin = System.nanoTime();
      service.close();
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(15));
    } finally {
      stores.sql("ROLLBACK");
    }
  }

  private ReconcilerService start(Map<String, String> more) {
    Map<String, String> variables = new HashMap<>(views.variables());
    variables.put("DRIFTLESS_RECONCILER_STATE", views.directory().resolve("service").toString());
    variables.put("DRIFTLESS_EXPORTS", views.directory().resolve("exports").toString());
    variables.put("DRIFTLESS_RECONCILER_PORT", "0");
    variables.put("DRIFTLESS_SHALLOW_EVERY", "PT0.5S");
    variables.put("DRIFTLESS_DEEP_BUDGET", "PT24H");
    variables.put("DRIFTLESS_LAG_EVERY", "PT0.3S");
    variables.put("DRIFTLESS_STUCK_AFTER", "PT3S");
    variables.putAll(more);
    return ReconcilerService.start(
        views.config(), ReconcilerConfig.load(null, variables::get), line -> {});
  }

  private int ready() {
    return get("/health/ready").statusCode();
  }

  private JsonNode view(String view) {
    return status().at("/views/" + view);
  }

  private JsonNode status() {
    try {
      return new ObjectMapper().readTree(get("/status").body());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private HttpResponse<String> get(String path) {
    try {
      return HTTP.send(
          HttpRequest.newBuilder(service.address().resolve(path)).build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void await(org.awaitility.core.ThrowingRunnable assertion) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(3))
        .pollInterval(Duration.ofMillis(200))
        .untilAsserted(assertion);
  }
}
