package dev.driftless.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code dead-letters retry} of an event that one view's store refused. */
final class DeadLettersRetryCommandIT {

  private static final String EVENT =
      """
      {"eventId":"e1","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia","agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"m1","kind":"EPISODIC","text":"refused"}}
      """;

  @TempDir private Path directory;

  @Test
  void is_told_as_done_when_it_is_written_anew_and_not_before() throws Exception {
    try (Installation installation = new Installation(directory)) {
      installation.startViews(List.of("relational"));
      installation.publish(EVENT.replace("1\"", "0\"").replace("refused", "taken"));
      installation.awaitCaughtUp(List.of("relational")); // of an empty log that says nothing
      installation.sql(
          "driftless", "ALTER TABLE %s.memories ADD CONSTRAINT no CHECK (text <> 'refused')");
      installation.publish(EVENT);
      installation.awaitCaughtUp(List.of("relational"));
      assertThat(installation.run("dead-letters", "list").out()).contains("refuses");

      Map<String, String> away = new HashMap<>(installation.environment());
      away.put("PGPORT", "1");
      Run unanswered = retry(away, "--json");
      assertThat(unanswered.exitCode()).as(unanswered.out() + unanswered.err()).isEqualTo(1);
      assertThat(view(unanswered).path("problem").asText()).contains("its store does not answer");
      assertThat(retry(away, "--view", "relational").out())
          .contains("relational: its store does not answer");

      Run refused = retry(installation.environment(), "--json");
      assertThat(refused.exitCode()).isEqualTo(1);
      assertThat(view(refused).at("/refused/0/key").asText()).contains("m1");

      assertThat(retry(installation.environment()).out())
          .contains("the store refuses it")
          .doesNotContain("does the view's projector run");

      installation.sql("driftless", "ALTER TABLE %s.memories DROP CONSTRAINT no");
      Run done = installation.run("dead-letters", "retry", "--view", "relational", "--json");
      assertThat(done.exitCode()).as(done.out() + done.err()).isZero();
      assertThat(view(done).path("rewritten").asLong()).isEqualTo(1);
      assertThat(view(done).path("problem").isNull()).isTrue();
      Run shown =
          installation.run("show", "memories", "--tenant", "acme", "--subject", "mia", "--json");
      assertThat(shown.out()).contains("refused");
    }
  }

  private static Run retry(Map<String, String> environment, String... options) {
    DeadLettersRetryCommand command =
        new DeadLettersRetryCommand(environment, Duration.ofSeconds(2));
    return Run.of(Driftless.commandLine(command), options);
  }

  private static JsonNode view(Run run) throws Exception {
    return run.json().at("/views/0");
  }
}
