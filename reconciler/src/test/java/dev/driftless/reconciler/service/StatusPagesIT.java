package dev.driftless.reconciler.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.driftless.projectors.app.Pages;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.RepairReport;
import dev.driftless.reconciler.ViewLag;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told over HTTP, and the page in a real browser. */
final class StatusPagesIT {

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir private Path directory;

  private final Instant now = Instant.now();
  private Watch watch;
  private Pages pages;

  @BeforeEach
  void all_is_well() {
    Map<String, String> environment =
        Map.of("DRIFTLESS_RECONCILER_PORT", "0", "DRIFTLESS_STUCK_AFTER", "PT10S");
    ReconcilerConfig config = ReconcilerConfig.load(null, environment::get);
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    Trend trend = Trend.open(directory.resolve("history.jsonl"), now);
    watch = new Watch(config, new ReconcilerMeters(meters), trend, now.minusSeconds(120));
    watch.lags(lags(100), Set.of(), now.minusSeconds(120));
    watch.lags(lags(100), Set.of(), now.minusSeconds(20));
    Views.names().forEach(view -> watch.checked(Reports.clean(view, 100), now));
    pages = Pages.serve(config.http(), "reconciler.http.port", new StatusPages(watch, meters));
  }

  @AfterEach
  void close() {
    pages.close();
  }

  @Test
  void page_shows_every_view_and_that_all_is_well() throws Exception {
    String page = page();
    for (String view : Views.names()) {
      assertThat(page).contains("data-view=\"%s\" data-state=\"ok\"".formatted(view));
    }
    assertThat(page)
        .contains("every view is as the log says")
        .doesNotContain("class=\"divergence\"")
        .containsPattern("<path d=\"M[0-9. L]+\"");
    assertThat(get("/health/ready").statusCode()).isEqualTo(200);
  }

  @Test
  void page_shows_a_divergence_and_a_repair() throws Exception {
    watch.checked(Reports.missing("relational", 100, "m<b>1"), now);
    watch.repaired(new RepairReport("relational", 4, 3, List.of(), null, null), now);
    assertThat(page())
        .contains("data-view=\"relational\" data-state=\"diverged\"")
        .contains("class=\"divergence\"")
        .contains("memory acme/mia m&lt;b&gt;1")
        .contains("log reality divergence")
        .contains("00c0ffee00c0ffee")
        .contains("class=\"repair\"")
        .contains("not as the log says");
    HttpResponse<String> ready = get("/health/ready");
    assertThat(ready.statusCode()).isEqualTo(503);
    assertThat(json(ready).at("/views/relational/diverged").asText()).contains("1 keys");
  }

  @Test
  void page_turns_red_where_a_view_is_stuck_though_the_process_is_up() throws Exception {
    watch.lags(List.of(Reports.lag("vector", 100, 130)), Set.of(), now.minusSeconds(15));
    watch.lags(List.of(Reports.lag("vector", 100, 140)), Set.of(), now);
    assertThat(page())
        .contains("data-view=\"vector\" data-state=\"stuck\"")
        .contains("class=\"state bad\">stuck")
        .contains("has not moved since")
        .contains("data-view=\"cache\" data-state=\"ok\"");
    assertThat(get("/health/ready").statusCode()).isEqualTo(503);
    assertThat(get("/health/live").statusCode()).isEqualTo(200);
    assertThat(get("/metrics").body()).contains("driftless_stuck{view=\"vector\"} 1.0");
  }

  @Test
  void status_tells_lag_limits_checks_and_history() throws Exception {
    JsonNode status = json(get("/status"));
    assertThat(status.path("ready").asBoolean()).isTrue();
    JsonNode cache = status.at("/views/cache");
    assertThat(cache.path("lagEvents").asLong()).isZero();
    assertThat(cache.path("verified").asLong()).isEqualTo(100);
    assertThat(cache.at("/partitions/0/verifiedTo").asLong()).isEqualTo(100);
    assertThat(cache.at("/limit/events").asLong()).isEqualTo(1_000_000);
    assertThat(cache.at("/shallow/keysCompared").asLong()).isEqualTo(20);
    assertThat(status.at("/history/at")).hasSize(2);
    assertThat(status.at("/history/views/audit/lagEvents")).hasSize(2);
    assertThat(json(get("/status?history=no")).has("history")).isFalse();
  }

  @Test
  void metrics_add_up() throws Exception {
    watch.checked(Reports.missing("relational", 100, "m1", "m2"), now);
    watch.checked(Reports.missing("relational", 100, "m2"), now);
    watch.repaired(new RepairReport("relational", 1, 1, List.of(), null, null), now);
    assertThat(get("/metrics").body())
        .contains("driftless_lag_events{partition=\"0\",view=\"cache\"} 0.0")
        .contains("driftless_verified_position{partition=\"0\",view=\"relational\"} 100.0")
        .contains("driftless_divergences{kind=\"missing\",view=\"relational\"} 1.0")
        .contains("driftless_divergences_found_total{view=\"relational\"} 2.0")
        .contains("driftless_check_keys_total{depth=\"shallow\",view=\"relational\"} 60.0")
        .contains("driftless_repairs_mended_total{view=\"relational\"} 1.0");
  }

  @Test
  void nothing_else_is_there_and_nothing_can_be_written() throws Exception {
    assertThat(get("/etc/passwd").statusCode()).isEqualTo(404);
    HttpRequest post =
        HttpRequest.newBuilder(uri("/status"))
            .POST(HttpRequest.BodyPublishers.ofString("{}"))
            .build();
    assertThat(HTTP.send(post, HttpResponse.BodyHandlers.discarding()).statusCode()).isEqualTo(405);
  }

  private static List<ViewLag> lags(long at) {
    return Views.names().stream().map(view -> Reports.lag(view, at, at)).toList();
  }

  private String page() throws IOException, InterruptedException {
    return Chromium.render(uri("/"), directory);
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return HTTP.send(
        HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static JsonNode json(HttpResponse<String> answer) throws IOException {
    return new ObjectMapper().readTree(answer.body());
  }

  private URI uri(String path) {
    return pages.address().resolve(path);
  }
}
