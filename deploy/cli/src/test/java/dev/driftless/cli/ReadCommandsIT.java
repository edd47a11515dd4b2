package dev.driftless.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.driftless.projectors.app.Views;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.schemas.SubjectKey;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every command that reads, over the views of one small conversation. */
final class ReadCommandsIT {

  private static final String CONVERSATIONS =
      """
      {"tenant":"acme","subject":"mia","agent":"helper","session":"s-1","messages":[\
      {"role":"user","content":"I would like a seat at the window, please."},\
      {"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"find_seats","arguments":"{\\"row\\":7}"}}]},\
      {"role":"tool","tool_call_id":"call_1","content":"7A is free"},\
      {"role":"assistant","content":"You have 7A."}]}
      {"tenant":"acme","subject":"mia","agent":"helper","session":"s-2","messages":[\
      {"role":"user","content":"My dog travels with me in the cabin."}]}
      {"tenant":"acme","subject":"ben","agent":"helper","session":"s-1","messages":[\
      {"role":"user","content":"I never eat meat."}]}
      {"tenant":"other","subject":"mia","agent":"helper","session":"s-1","messages":[\
      {"role":"user","content":"A window seat for the other tenant."}]}
      """;

  private static final String EVENTS =
      """
      {"eventId":"e1","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia","agent":"helper","type":"PatternLearned","payload":{"patternId":"p1","statement":"books early","confidence":0.75}}
      {"eventId":"e2","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia","agent":"helper","session":"s-9","type":"MessageAppended","payload":{"messageId":"m1","role":"USER","content":"Are you there?"}}
      {"eventId":"e3","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia","agent":"helper","session":"s-9","type":"ToolCallIntended","payload":{"toolCallId":"call_9","tool":"book","arguments":"{}"}}
      {"eventId":"e4","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia","agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"gone","kind":"EPISODIC","text":"long expired","expiresAt":"2020-01-01T00:00:00Z"}}
      """;

  private static Installation installation;

  @BeforeAll
  static void publish_a_conversation(@TempDir Path directory) throws Exception {
    installation = new Installation(directory);
    installation.startViews();
    installation.publish(CONVERSATIONS, "--format", "openai-chat", "--remember", "user");
    installation.append(new SubjectKey("acme", "mia").bytes(), "not an event".getBytes(UTF_8));
    installation.append(null, "nobody's".getBytes(UTF_8));
    installation.publish(EVENTS);
    installation.awaitCaughtUp(Views.names());
  }

  @AfterAll
  static void close() {
    installation.close();
  }

  @Test
  void search_finds_what_means_the_same_first() {
    Run run = run("search", "where does she like to sit?", "--tenant", "acme");

    assertThat(run.out()).contains("score").contains("I would like a seat at the window");
    assertThat(run.out().lines().skip(1).findFirst().orElse("")).contains("window").contains("mia");
    assertThat(run.out()).doesNotContain("other tenant").doesNotContain("long expired");
    assertThat(run.err()).contains("loading the embedding model");
  }

  @Test
  void search_is_of_one_subject_and_no_more_than_asked_for() {
    assertThat(texts(json("search", "food", "--tenant", "acme", "--subject", "ben"), "hits"))
        .containsExactly("I never eat meat.");
    JsonNode one = json("search", "food", "--tenant", "acme", "--limit", "1");
    assertThat(texts(one, "hits")).containsExactly("I never eat meat.");
    assertThat(one.at("/hits/0/score").asDouble()).isBetween(0.1, 1.0);
  }

  @Test
  void show_memories_shows_live_ones_the_latest_first() {
    assertThat(texts(json("show", "memories", "--tenant", "acme", "--subject", "mia"), "memories"))
        .containsExactly(
            "My dog travels with me in the cabin.", "I would like a seat at the window, please.");
    Run run = run("show", "memories", "--tenant", "acme");
    assertThat(run.out()).contains("I never eat meat.").doesNotContain("long expired");
  }

  @Test
  void show_messages_ends_with_the_last_message() {
    String[] of = {"show", "messages", "--tenant", "acme", "--subject", "mia", "--session", "s-1"};
    Run run = run(of);
    assertThat(run.out().lines())
        .hasSize(5)
        .last()
        .asString()
        .contains("assistant")
        .contains("You have 7A.");
    assertThat(run.out()).contains("calls call_1");

    JsonNode last =
        json("show", "messages", "--tenant", "acme", "--subject", "mia", "--limit", "1");
    assertThat(last.at("/messages/0/content").asText()).isEqualTo("Are you there?");
    assertThat(last.path("messages")).hasSize(1);
  }

  @Test
  void show_tool_calls_shows_what_came_of_them() {
    JsonNode calls = json("show", "tool-calls", "--tenant", "acme").path("toolCalls");

    assertThat(calls).hasSize(2);
    assertThat(calls.at("/0/status").asText()).isEqualTo("COMPLETED");
    assertThat(calls.at("/0/result").asText()).isEqualTo("7A is free");
    assertThat(calls.at("/1/status").asText()).isEqualTo("INTENDED");
    assertThat(run("show", "tool-calls", "--tenant", "acme").out()).contains("7A is free");
  }

  @Test
  void show_context_shows_the_document_of_a_subject() {
    String[] of = {"show", "context", "--tenant", "acme", "--subject", "mia"};
    assertThat(run(of).out())
        .contains("books early")
        .contains("My dog travels")
        .contains("call_9")
        .doesNotContain("long expired");
    JsonNode document = json(of).path("context");
    assertThat(document.at("/patterns/0/statement").asText()).isEqualTo("books early");
    assertThat(document.path("recentMemories")).hasSize(2);
  }

  @Test
  void show_cache_shows_what_is_going_on() {
    String[] of = {"show", "cache", "--tenant", "acme", "--subject", "mia"};
    assertThat(run(of).out()).contains("s-9").contains("books early").contains("My dog travels");
    JsonNode cache = json(of);
    assertThat(cache.at("/sessions/0/session/session").asText()).isEqualTo("s-9");
    assertThat(texts(cache, "memories")).hasSize(2);

    Run session = run("show", "cache", "--tenant", "acme", "--subject", "mia", "--session", "s-9");
    assertThat(session.out()).contains("Are you there?").contains("call_9");
  }

  @Test
  void show_audit_shows_every_record_whatever_it_holds() {
    JsonNode all = json("show", "audit", "--limit", "100").path("records");
    assertThat(outcomes(all)).filteredOn("refused"::equals).hasSize(2);
    assertThat(run("show", "audit", "--limit", "100").out())
        .contains("MemoryRecorded")
        .contains("Confluent wire format");

    JsonNode mia = json("show", "audit", "--tenant", "acme", "--subject", "mia", "--limit", "100");
    assertThat(outcomes(mia.path("records"))).filteredOn("refused"::equals).hasSize(1);
    assertThat(mia.path("records")).allMatch(r -> r.path("subject").asText().equals("mia"));
  }

  @Test
  void as_of_tells_what_was_known_then_and_a_search_in_the_past_finds_it() {
    installation.publish(
        """
        {"eventId":"t1","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"tim","agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"m1","kind":"SEMANTIC","text":"likes a seat at the window"}}
        {"eventId":"t2","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"tim","agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"m2","kind":"SEMANTIC","text":"eats no meat"}}
        {"eventId":"t3","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"tim","agent":"helper","session":"s-1","type":"SessionStarted","payload":{}}
        {"eventId":"t4","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"tim","agent":"helper","session":"s-1","type":"MessageAppended","payload":{"messageId":"m1","role":"USER","content":"Book it."}}
        {"eventId":"t5","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"tim","agent":"helper","session":"s-1","type":"ToolCallIntended","payload":{"toolCallId":"c1","tool":"book","arguments":"{}"}}
        """);
    String then = Instant.now().toString();
    installation.publish(
        """
        {"eventId":"t6","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"tim","agent":"helper","type":"MemoryForgotten","payload":{"memoryId":"m1"}}
        {"eventId":"t7","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"tim","agent":"helper","session":"s-1","type":"ToolCallCompleted","payload":{"toolCallId":"c1","tool":"book","arguments":"{}","result":"booked"}}
        {"eventId":"t8","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"tim","agent":"helper","session":"s-1","type":"SessionEnded","payload":{}}
        """);
    installation.awaitCaughtUp(List.of("relational"));

    JsonNode known = asOf(then);
    assertThat(texts(known, "memories"))
        .containsExactly("likes a seat at the window", "eats no meat");
    assertThat(known.at("/sessions/0/endedAt").isNull()).isTrue();
    assertThat(known.at("/messages/0/content").asText()).isEqualTo("Book it.");
    assertThat(known.at("/toolCalls/0/status").asText()).isEqualTo("INTENDED");
    assertThat(run("as-of", then, "--tenant", "acme", "--subject", "tim").out())
        .contains("memories:", "sessions:", "messages:", "tool calls:")
        .contains("at the window", "Book it.", "intended");

    JsonNode first = known.at("/memories/0");
    String receipt = first.path("logPartition").asText() + ":" + first.path("logOffset").asText();
    assertThat(texts(asOf("--receipt", receipt), "memories"))
        .containsExactly("likes a seat at the window");
    String beyond = first.path("logPartition").asText() + ":999999";
    assertThat(
            installation
                .run("as-of", "--receipt", beyond, "--tenant", "acme", "--subject", "tim")
                .err())
        .contains("is no receipt of this log");

    JsonNode now = asOf(Instant.now().toString());
    assertThat(texts(now, "memories")).containsExactly("eats no meat");
    assertThat(now.at("/sessions/0/endedAt").isNull()).isFalse();
    assertThat(now.at("/toolCalls/0/result").asText()).isEqualTo("booked");

    String[] search = {
      "search", "where does he sit?", "--tenant", "acme", "--subject", "tim", "--limit", "1"
    };
    assertThat(texts(json(search), "hits")).containsExactly("eats no meat");
    String[] past = Arrays.copyOf(search, search.length + 2);
    past[search.length] = "--as-of";
    past[search.length + 1] = then;
    assertThat(texts(json(past), "hits")).containsExactly("likes a seat at the window");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2 | as-of 3pm --tenant acme --subject mia | expected a time with its zone, as 2026-05-01T15:00Z",
        "2 | as-of --tenant acme --subject mia | TIME",
        "2 | as-of --receipt 3 --tenant acme --subject mia | expected a receipt, or partition:offset",
        "2 | search seat --as-of 2026-05-01T15:00Z --tenant acme | add --subject",
        "1 | as-of 9999-01-01T00:00Z --tenant acme --subject mia | has not come",
        "1 | as-of --receipt 7:0 --tenant acme --subject mia | no receipt of theirs",
        "1 | as-of --receipt AAAAAAAAAAAAAAAAAAAAAA.0.4 --tenant acme --subject mia | is of another log",
      })
  void as_of_refuses_what_it_cannot_answer(String line) {
    String[] parts = line.split(" \\| ");

    Run run = installation.run(parts[1].split(" "));

    assertThat(run.exitCode()).isEqualTo(Integer.parseInt(parts[0]));
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains(parts[2]);
  }

  @Test
  void as_of_refuses_a_time_or_a_receipt_that_the_view_has_not_reached()
      throws InterruptedException {
    assertThat(run("views", "pause", "relational").out()).contains("relational is paused");
    try {
      Thread.sleep(2_000);
      Run published =
          installation.publish(
              """
              {"eventId":"l1","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"lea","agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"m1","kind":"SEMANTIC","text":"late"}}
              """,
              "--json");
      String receipt = published.json().at("/receipts/0").asText();
      for (String asked : List.of(Instant.now().toString(), "--receipt=" + receipt)) {
        Run run = installation.run("as-of", asked, "--tenant", "acme", "--subject", "lea");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("the relational view has not reached");
      }
    } finally {
      run("views", "resume", "relational");
    }
    installation.awaitCaughtUp(List.of("relational"));
    assertThat(texts(asOfSubject("lea", Instant.now().toString()), "memories"))
        .containsExactly("late");
  }

  @Test
  void publish_returns_when_the_views_show_it_and_others_wait_with_the_receipt() {
    Run published =
        installation.publish(remembered("w1", "ida"), "--wait", "relational,cache", "--json");
    assertThat(published.json().path("visibleMilliseconds").isNumber()).isTrue();
    assertThat(texts(json("show", "memories", "--tenant", "acme", "--subject", "ida"), "memories"))
        .containsExactly("waited for");

    String receipt = published.json().at("/receipts/0").asText();
    assertThat(installation.publish(remembered("w2", "ida")).out()).contains("receipt: ");
    assertThat(json("await", receipt).path("views")).hasSize(5);
    assertThat(run("await", receipt, "--view", "vector").out()).contains("visible in vector after");
    Run foreign = installation.run("await", "AAAAAAAAAAAAAAAAAAAAAA.0.0");
    assertThat(foreign.exitCode()).isEqualTo(1);
    assertThat(foreign.err()).contains("of another log");
    Run none = installation.run("await", "0.0");
    assertThat(none.exitCode()).isEqualTo(2);
    assertThat(none.err()).contains("'0.0' is not a receipt");
  }

  @Test
  void publish_says_why_a_view_does_not_show_it_in_time() {
    assertThat(run("views", "pause", "context").out()).contains("context is paused");
    try {
      await()
          .untilAsserted(
              () -> {
                Run run =
                    installation.tryToPublish(
                        remembered("w3", "ian"), "--wait", "context", "--timeout", "2", "--json");
                assertThat(run.exitCode()).isEqualTo(1);
                assertThat(run.json().path("published").asInt()).isEqualTo(1);
                assertThat(run.json().path("error").asText()).contains("the view is paused");
                assertThat(run.err()).contains("waiting: the view context is");
              });
    } finally {
      run("views", "resume", "context");
    }
    installation.publish(remembered("w4", "ian"), "--wait", "context");
  }

  private static String remembered(String eventId, String subject) {
    return """
    {"eventId":"%s","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"%s","agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"%1$s","kind":"SEMANTIC","text":"waited for"}}
    """
        .formatted(eventId, subject);
  }

  @Test
  void nothing_to_show_is_said_and_is_no_failure() {
    Run run = run("show", "memories", "--tenant", "nobody");

    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("no memories");
    assertThat(json("show", "memories", "--tenant", "nobody").path("memories")).isEmpty();
    assertThat(
            json("show", "context", "--tenant", "acme", "--subject", "nobody")
                .path("context")
                .isNull())
        .isTrue();
  }

  @Test
  void dead_letters_are_listed_for_every_view() {
    JsonNode all = json("dead-letters", "list").path("deadLetters");

    for (String view : Views.names()) {
      List<JsonNode> ofView =
          stream(all).filter(l -> l.path("view").asText().equals(view)).toList();
      assertThat(ofView).as(view).hasSize(2);
      assertThat(ofView)
          .anyMatch(l -> l.path("tenant").asText().equals("acme"))
          .anyMatch(l -> l.path("tenant").isNull())
          .allMatch(l -> l.path("reason").asText().contains("Confluent wire format"));
    }
    assertThat(json("dead-letters", "list", "--view", "cache").path("deadLetters")).hasSize(2);
    assertThat(run("dead-letters", "list", "--view", "cache").out().lines()).hasSize(3);
  }

  @Test
  void audit_is_proved_until_a_row_is_edited() throws SQLException {
    Run proved = run("audit", "verify");
    assertThat(proved.out()).contains("proved below");
    assertThat(json("audit", "verify").path("proved").asBoolean()).isTrue();

    edit("outcome = 'duplicate' WHERE event_id = 'e1'");
    Run edited = installation.run("audit", "verify");
    Run asJson = installation.run("audit", "verify", "--json");
    edit("outcome = 'applied' WHERE event_id = 'e1'");

    assertThat(edited.exitCode()).isEqualTo(1);
    assertThat(edited.out()).contains("EDITED_ROW");
    assertThat(asJson.exitCode()).isEqualTo(1);
    assertThat(asJson.json().path("proved").asBoolean()).isFalse();
    assertThat(asJson.json().path("findings")).isNotEmpty();
    assertThat(run("audit", "verify").out()).doesNotContain("EDITED_ROW");
  }

  @Test
  void paused_view_stays_paused_until_it_is_resumed() throws InterruptedException {
    List<String> others = Views.names().stream().filter(v -> !v.equals("relational")).toList();
    assertThat(run("views", "pause", "relational").out()).contains("relational is paused");
    Thread.sleep(2_000);

    remember("z1");
    installation.awaitCaughtUp(others);
    assertThat(remembered()).isEmpty();
    assertThat(run("views", "list").out()).containsPattern("relational +paused");

    installation.stopViews();
    installation.startViews();
    remember("z2");
    installation.awaitCaughtUp(others);
    assertThat(installation.lags()).containsEntry("relational", 2L);
    assertThat(json("views", "list").at("/views/0/lagSeconds").asDouble()).isPositive();
    assertThat(remembered()).isEmpty();

    assertThat(json("views", "resume", "relational").path("paused").asBoolean()).isFalse();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(remembered()).containsExactly("z2", "z1"));
    assertThat(run("views", "list").out()).containsPattern("relational +running");
    assertThat(installation.lags()).containsEntry("relational", 0L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "search dogs --tenant acme",
        "show memories --tenant acme",
        "show cache --tenant acme --subject mia",
        "audit verify"
      })
  void servers_that_are_away_are_told_of_in_one_line(String command) {
    Map<String, String> away = new HashMap<>(installation.environment());
    List.of("PGPORT", "QDRANT_GRPC", "REDIS_URL", "KAFKA_BOOTSTRAP_SERVERS")
        .forEach(
            name -> away.computeIfPresent(name, (n, address) -> address.replaceAll("\\d+$", "1")));

    Run run = Run.of(Driftless.commandLine(away), command.split(" "));

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines().filter(line -> !line.startsWith("loading"))).hasSize(1);
  }

  private static Run run(String... arguments) {
    Run run = installation.run(arguments);
    assertThat(run.exitCode()).as(run.err()).isZero();
    return run;
  }

  /** Of tim. */
  private static JsonNode asOf(String... moment) {
    return asOfSubject("tim", moment);
  }

  private static JsonNode asOfSubject(String subject, String... moment) {
    List<String> arguments = new ArrayList<>(List.of("as-of"));
    arguments.addAll(List.of(moment));
    arguments.addAll(List.of("--tenant", "acme", "--subject", subject));
    return json(arguments.toArray(String[]::new));
  }

  private static JsonNode json(String... arguments) {
    String[] withJson = Arrays.copyOf(arguments, arguments.length + 1);
    withJson[arguments.length] = "--json";
    return run(withJson).json();
  }

  private static void remember(String text) {
    installation.publish(
        """
        {"eventId":"%1$s","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"zoe","agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"%1$s","kind":"EPISODIC","text":"%1$s"}}
        """
            .formatted(text));
  }

  private static List<String> remembered() {
    return texts(json("show", "memories", "--tenant", "acme", "--subject", "zoe"), "memories");
  }

  private static List<String> texts(JsonNode answer, String name) {
    return stream(answer.path(name)).map(row -> row.path("text").asText()).toList();
  }

  private static List<String> outcomes(JsonNode records) {
    return stream(records).map(row -> row.path("outcome").asText()).toList();
  }

  private static Stream<JsonNode> stream(JsonNode rows) {
    return StreamSupport.stream(rows.spliterator(), false);
  }

  /** As someone who owns the database could. */
  private static void edit(String change) throws SQLException {
    PostgresConfig audit = installation.config().audit();
    String records = installation.config().names().prefixed("_", "driftless_audit") + ".records";
    try (Connection connection =
            DriverManager.getConnection(audit.url(), audit.user(), audit.password());
        Statement statement = connection.createStatement()) {
      statement.execute("ALTER TABLE " + records + " DISABLE TRIGGER ALL");
      statement.execute("UPDATE " + records + " SET " + change);
      statement.execute("ALTER TABLE " + records + " ENABLE TRIGGER ALL");
    }
  }
}
