package dev.driftless.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.driftless.projectors.app.Views;
import dev.driftless.schemas.EmbeddingModels;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rebuild} over the views of some memories. */
final class RebuildCommandIT {

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
    installation.awaitCaughtUp(Views.names());
  }

  @AfterAll
  static void close() {
    installation.close();
  }

  @Test
  void a_view_is_rebuilt_gone_back_to_and_the_old_generation_dropped() throws Exception {
    sql("UPDATE %s.memories SET text = 'was never there' WHERE memory_id = 'm8'", "driftless");

    Run rebuilt = installation.run("rebuild", "relational");
    assertThat(rebuilt.exitCode()).as(rebuilt.out() + rebuilt.err()).isZero();
    assertThat(rebuilt.out())
        .contains("no divergences", "readers see generation 2; the switch took ", "--back");
    assertThat(check("relational")).isZero();
    assertThat(spare("relational").path("old").asBoolean()).isTrue();
    assertThat(installation.run("views", "list").out()).contains("1 (old, 0 behind)");

    Run again = installation.run("rebuild", "relational");
    assertThat(again.exitCode()).isEqualTo(2);
    assertThat(again.err()).contains("generation 1 is still kept", "--back", "--drop");

    Run back = installation.run("rebuild", "relational", "--back", "--json");
    assertThat(back.exitCode()).as(back.out() + back.err()).isZero();
    assertThat(back.json().path("shown").asInt()).isEqualTo(1);
    assertThat(back.json().path("spare").asInt()).isEqualTo(2);
    assertThat(back.json().path("switchSeconds").asDouble()).isPositive();
    assertThat(check("relational")).isEqualTo(1);
    assertThat(installation.run("rebuild", "relational", "--back").err()).contains("2 is new");

    assertThat(installation.run("rebuild", "relational").exitCode()).isZero();
    assertThat(check("relational")).isZero();
    assertThat(installation.run("rebuild", "relational", "--drop").out())
        .contains("generation 1 is deleted");
    assertThat(spare("relational").isNull()).isTrue();
    Run nothing = installation.run("rebuild", "relational", "--drop");
    assertThat(nothing.exitCode()).isEqualTo(2);
    assertThat(nothing.err().lines()).hasSize(1);
  }

  @Test
  void what_is_not_as_the_log_says_is_not_switched_to() throws Exception {
    Run built = installation.run("rebuild", "context", "--no-switch");
    assertThat(built.exitCode()).as(built.out() + built.err()).isZero();
    assertThat(built.out()).contains("generation 2 is as the log says");
    assertThat(spare("context").path("old").asBoolean()).isFalse();
    sql("UPDATE %s.memories SET text = 'x' WHERE memory_id = 'm8'", "driftless_context_spare");

    Run refused = installation.run("rebuild", "context", "--json");
    assertThat(refused.exitCode()).as(refused.out() + refused.err()).isEqualTo(1);
    assertThat(refused.json().path("shown").asInt()).isEqualTo(1);
    assertThat(refused.json().at("/report/views/0/divergences/0/key").asText())
        .isEqualTo("memory acme/mia m8 (memories)");
    assertThat(refused.err()).contains("not switched");
    sql(
        "UPDATE %s.view_positions SET topic_id = 'of another log' WHERE topic_id IS NOT NULL",
        "driftless_context_spare");
    assertThat(spare("context").path("problem").asText()).contains("another log", "--drop");
    assertThat(installation.run("views", "list").out()).contains("2 (new, not well)");
    assertThat(installation.run("rebuild", "context", "--drop").exitCode()).isZero();
    assertThat(check("context")).isZero();
  }

  @Test
  void the_embedding_model_is_changed_by_a_rebuild() {
    Map<String, String> other = new HashMap<>(installation.environment());
    other.put("DRIFTLESS_EMBEDDING_MODEL", EmbeddingModels.BGE_SMALL);
    double before = score();

    Run filled = Run.of(Driftless.commandLine(other), "rebuild", "vector", "--no-switch");
    assertThat(filled.exitCode()).as(filled.out() + filled.err()).isZero();
    Run refused = installation.run("rebuild", "vector");
    assertThat(refused.exitCode()).isEqualTo(2);
    assertThat(refused.err()).contains(EmbeddingModels.BGE_SMALL, "--drop");
    Run rebuilt = Run.of(Driftless.commandLine(other), "rebuild", "vector", "--json");
    assertThat(rebuilt.exitCode()).as(rebuilt.out() + rebuilt.err()).isZero();
    assertThat(rebuilt.json().path("shown").asInt()).isEqualTo(2);
    assertThat(score()).isNotEqualTo(before);
    installation.publish(EVENT.formatted(100));
    installation.awaitCaughtUp(Views.names());
    assertThat(check("vector")).isZero();

    assertThat(installation.run("rebuild", "vector", "--back").exitCode()).isZero();
    assertThat(score()).isEqualTo(before);
    assertThat(installation.run("rebuild", "vector", "--drop").exitCode()).isZero();
  }

  @Test
  void the_old_audit_trail_is_called_evidence_where_it_is_dropped() {
    assertThat(installation.run("rebuild", "audit").exitCode()).isZero();
    assertThat(installation.run("audit", "verify").exitCode()).isZero();
    assertThat(installation.run("rebuild", "audit", "--drop").out()).contains("evidence");
  }

  @Test
  void the_cache_is_written_anew_in_place() {
    Run run = installation.run("rebuild", "cache", "--json");
    assertThat(run.exitCode()).as(run.out() + run.err()).isZero();
    assertThat(run.err()).contains("keys compared", "written anew");
    assertThat(run.json().at("/report/exitCode").asInt()).isZero();
    assertThat(installation.run("rebuild", "cache", "--back").err()).contains("in place");
  }

  @Test
  void what_cannot_be_done_together_is_refused() {
    assertThat(installation.run("rebuild", "audit", "--back", "--drop").exitCode()).isEqualTo(2);
    assertThat(installation.run("rebuild", "nothing").err()).contains("there is no view");
  }

  private static int check(String view) {
    return installation.run("reconcile", "--once", "--deep", "--view", view).exitCode();
  }

  private static double score() {
    return installation
        .run("search", "a journey", "--tenant", "acme", "--json")
        .json()
        .at("/hits/0/score")
        .asDouble();
  }

  private static JsonNode spare(String view) {
    for (JsonNode of : installation.run("views", "list", "--json").json().path("views")) {
      if (of.path("view").asText().equals(view)) {
        return of.path("spare");
      }
    }
    throw new AssertionError("no view " + view);
  }

  private static void sql(String statement, String schema) {
    assertThat(installation.sql(schema, statement)).isPositive();
  }
}
