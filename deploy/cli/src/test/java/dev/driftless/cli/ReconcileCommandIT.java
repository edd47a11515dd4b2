package dev.driftless.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.driftless.projectors.app.Views;
import dev.driftless.schemas.SubjectKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code reconcile --once} and {@code dead-letters retry} over the views of some memories. */
final class ReconcileCommandIT {

  private static final String EVENT =
      """
      {"eventId":"e%1$d","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia","agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"m%1$d","kind":"EPISODIC","text":"flew to place %1$d"}}
      """;

  private static Installation installation;

  @BeforeAll
  static void publish_some_memories(@TempDir Path directory) throws Exception {
    installation = new Installation(directory);
    installation.startViews();
    StringBuilder events = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      events.append(EVENT.formatted(i));
    }
    installation.publish(events.toString());
    installation.append(new SubjectKey("acme", "mia").bytes(), "not an event".getBytes(UTF_8));
    installation.awaitCaughtUp(Views.names());
  }

  @AfterAll
  static void close() {
    installation.close();
  }

  @Test
  void views_that_are_as_the_log_says_are_told_with_exit_code_0() {
    Run run = installation.run("reconcile", "--once", "--deep");
    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    assertThat(run.out()).contains("verified through", "rows examined", "no divergences");
    assertThat(run.out()).contains(Views.names());

    JsonNode one = installation.run("reconcile", "--once", "--view", "audit", "--json").json();
    assertThat(one.path("exitCode").asInt()).isZero();
    assertThat(one.at("/report/views")).hasSize(1);
    assertThat(one.at("/report/views/0/verified").asLong()).isEqualTo(41);
    assertThat(one.at("/after").isNull()).isTrue();
  }

  @Test
  void a_row_that_is_gone_is_named_and_only_mended_if_that_is_asked_for(@TempDir Path directory)
      throws Exception {
    installation.sql("driftless", "DELETE FROM %s.memories WHERE memory_id = 'm7'");
    installation.sql(
        "driftless", "UPDATE %s.memories SET text = 'was never there' WHERE memory_id = 'm8'");

    Run found = installation.run("reconcile", "--once", "--deep", "--view", "relational");
    assertThat(found.exitCode()).as(found.out() + found.err()).isEqualTo(1);
    assertThat(found.out())
        .contains("memory acme/mia m7", "missing", "LOG_REALITY_DIVERGENCE", "corrupt")
        .doesNotContain("was never there", "repaired");
    assertThat(
            installation.sql(
                "driftless", "UPDATE %s.memories SET text = text WHERE memory_id = 'm7'"))
        .isZero();

    Run limited = installation.run("reconcile", "--once", "--limit", "1");
    assertThat(limited.out()).contains("and 1 more");

    Run refused = installation.run("reconcile", "--once", "--repair", "--max-percent", "1");
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err()).contains("2 of 40 keys differ, 5.0 %");
    assertThat(with("DRIFTLESS_MAX_PERCENT", "1", "reconcile", "--once", "--repair").err())
        .contains("2 of 40 keys differ, 5.0 %");

    String exports = directory.resolve("exports").toString();
    Run mended = with("DRIFTLESS_EXPORTS", exports, "reconcile", "--once", "--repair", "--json");
    assertThat(mended.exitCode()).as(mended.out() + mended.err()).isZero();
    JsonNode repair = mended.json().at("/repairs/0");
    assertThat(repair.path("mended").asInt()).isEqualTo(2);
    assertThat(mended.json().at("/report/exitCode").asInt()).isEqualTo(1);
    assertThat(mended.json().at("/after/exitCode").asInt()).isZero();
    assertThat(repair.path("export").asText()).startsWith(exports);
    assertThat(exported(repair)).contains("was never there");
    assertThat(
            installation.sql(
                "driftless", "UPDATE %s.memories SET text = text WHERE memory_id = 'm7'"))
        .isEqualTo(1);
  }

  @Test
  void a_store_that_is_away_leaves_it_open_with_exit_code_2() {
    Run run = away("REDIS_URL", "reconcile", "--once", "--view", "cache");
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(2);
    assertThat(run.out()).contains("not known");
    assertThat(run.err()).contains("cache: could not be told: its store does not answer");
  }

  @Test
  void a_broker_that_is_away_is_told_in_one_line_with_exit_code_2() {
    Run run = away("KAFKA_BOOTSTRAP_SERVERS", "reconcile", "--once");
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines()).hasSize(1);
  }

  @Test
  void what_goes_with_once_is_refused_without_it() {
    assertThat(installation.run("reconcile", "--deep").err()).contains("go with --once");
  }

  @Test
  void retry_tells_letters_that_no_program_can_read() {
    Run run = installation.run("dead-letters", "retry", "--view", "relational", "--json");
    assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(1);
    JsonNode view = run.json().at("/views/0");
    assertThat(view.path("letters").asInt()).isEqualTo(1);
    assertThat(view.path("unreadable").asInt()).isEqualTo(1);
    assertThat(view.path("refused")).isEmpty();
    assertThat(installation.run("dead-letters", "retry").out()).contains("not readable");
  }

  private static Run away(String server, String... arguments) {
    Map<String, String> away = new HashMap<>(installation.environment());
    away.computeIfPresent(server, (name, address) -> address.replaceAll("\\d+$", "1"));
    return Run.of(Driftless.commandLine(away), arguments);
  }

  private static Run with(String variable, String value, String... arguments) {
    Map<String, String> environment = new HashMap<>(installation.environment());
    environment.put(variable, value);
    return Run.of(Driftless.commandLine(environment), arguments);
  }

  private static String exported(JsonNode repair) throws IOException {
    List<String> lines = Files.readAllLines(Path.of(repair.path("export").asText()));
    return String.join("\n", lines);
  }
}
