package dev.driftless.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code rebuild} killed somewhere on its way, and two of it at once. */
@Tag("long")
final class RebuildProcessesIT {

  private static final String EVENT =
      """
      {"eventId":"e%1$d","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia","agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"m%1$d","kind":"EPISODIC","text":"flew to place %1$d"}}
      """;

  private static final List<String> VIEWS = List.of("relational", "vector");

  @TempDir private static Path directory;
  private static Installation installation;
  private static int published;

  @BeforeAll
  static void publish_some_memories() throws Exception {
    installation = new Installation(directory);
    installation.startViews(VIEWS);
    publish(40);
  }

  @AfterAll
  static void close() {
    installation.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"relational", "vector"})
  void is_gone_on_with_wherever_it_was_killed(String view) throws Exception {
    assertThat(spare(view).isNull()).isTrue();
    for (String line :
        List.of("is being filled beside it", "no divergences", "; the switch took")) {
      rebuildAndKillAt(line, view);
      assertThat(spare(view).isNull()).as(line).isFalse();
      publish(1);
      assertThat(check(view)).as(line).isZero();
    }
    assertThat(spare(view).path("old").asBoolean()).isTrue();
    Run again = installation.run("rebuild", view);
    assertThat(again.exitCode()).isEqualTo(2);
    assertThat(again.err()).contains("is still kept").hasLineCount(1);
    assertThat(installation.run("rebuild", view, "--drop").exitCode()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"relational", "vector"})
  void of_two_at_once_one_is_refused(String view) {
    List<CompletableFuture<Run>> both =
        Stream.of("one", "other")
            .map(name -> directory.resolve("of-" + name).toString())
            .map(
                state ->
                    CompletableFuture.supplyAsync(
                        () -> installation.run("rebuild", view, "--state", state)))
            .toList();
    List<Run> runs = both.stream().map(CompletableFuture::join).toList();
    assertThat(runs).as("%s", runs).extracting(Run::exitCode).containsExactlyInAnyOrder(0, 2);
    assertThat(runs)
        .filteredOn(run -> run.exitCode() == 2)
        .allSatisfy(
            run ->
                assertThat(run.err().lines().toList())
                    .last()
                    .asString()
                    .containsAnyOf("another command has switched", "is still kept"));
    publish(1);
    assertThat(spare(view).path("old").asBoolean()).isTrue();
    assertThat(check(view)).isZero();
    assertThat(installation.run("rebuild", view, "--back").exitCode()).isZero();
    assertThat(check(view)).isZero();
    assertThat(installation.run("rebuild", view, "--drop").exitCode()).isZero();
  }

  /** Kills it when it has said so, or lets it end if it does not. */
  private static void rebuildAndKillAt(String line, String view)
      throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(DeployedProcess.java(Driftless.class, "rebuild", view));
    builder.environment().putAll(installation.environment());
    Process process = builder.redirectErrorStream(true).start();
    try (BufferedReader said = process.inputReader(UTF_8)) {
      for (String now = said.readLine(); now != null; now = said.readLine()) {
        if (now.contains(line)) {
          break;
        }
      }
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private static void publish(int count) {
    StringBuilder events = new StringBuilder();
    for (int i = 0; i < count; i++) {
      events.append(EVENT.formatted(published++));
    }
    installation.publish(events.toString());
    installation.awaitCaughtUp(VIEWS);
  }

  private static int check(String view) {
    return installation.run("reconcile", "--once", "--deep", "--view", view).exitCode();
  }

  private static JsonNode spare(String view) {
    for (JsonNode of : installation.run("views", "list", "--json").json().path("views")) {
      if (of.path("view").asText().equals(view)) {
        return of.path("spare");
      }
    }
    throw new AssertionError("no view " + view);
  }
}
