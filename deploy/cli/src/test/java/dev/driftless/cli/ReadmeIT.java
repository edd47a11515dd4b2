package dev.driftless.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.producer.Receipt;
import dev.driftless.projectors.app.Views;
import dev.driftless.projectors.postgres.PostgresConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every line of the README that asks a view something with psql or driftless is run as it stands
 * there, and answered. Only its receipts, its times and the prefix of this log's schemas are other
 * ones.
 */
final class ReadmeIT {

  private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);
  private static final Pattern ASKS =
      Pattern.compile("psql |deploy/driftless (?:as-of|search|show|await|audit verify)\\b");
  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

  private static final String EVENTS =
      """
      {"eventId":"e1","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia","agent":"helper","session":"s1","type":"SessionStarted","payload":{}}
      {"eventId":"e2","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia","agent":"helper","session":"s1","type":"MessageAppended","payload":{"messageId":"m1","role":"USER","content":"An aisle seat, please."}}
      {"eventId":"e3","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia","agent":"helper","session":"s1","type":"ToolCallIntended","payload":{"toolCallId":"c1","tool":"book","arguments":"{}"}}
      {"eventId":"e4","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia","agent":"helper","type":"PatternLearned","payload":{"patternId":"p1","statement":"books early","confidence":0.75}}
      {"eventId":"e5","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia","agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"m1","kind":"SEMANTIC","text":"prefers an aisle seat"}}
      """;

  private static Installation installation;
  private static Receipt receipt;
  private static Instant then;

  @BeforeAll
  static void publish(@TempDir Path directory) throws Exception {
    installation = new Installation(directory);
    installation.startViews();
    Run run = installation.publish(EVENTS, "--wait", String.join(",", Views.names()), "--json");
    receipt = Receipt.parse(run.json().at("/receipts/0").asText());
    then = Instant.now();
  }

  @AfterAll
  static void close() {
    installation.close();
  }

  static List<String> lines() throws IOException {
    return BLOCK
        .matcher(Files.readString(Path.of("..", "..", "README.md")))
        .results()
        .flatMap(block -> block.group(1).lines())
        .map(line -> line.replaceFirst("\\s+#.*", "").strip())
        .filter(line -> ASKS.matcher(line).lookingAt())
        .toList();
  }

  @Test
  void there_are_such_lines_of_every_kind() throws IOException {
    assertThat(lines())
        .hasSizeGreaterThan(18)
        .anyMatch(line -> line.contains("as-of --receipt"))
        .anyMatch(line -> line.contains("search") && line.contains("--as-of"))
        .anyMatch(line -> line.contains("memories_as_of"))
        .anyMatch(line -> line.contains(".await("));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void a_line_of_the_readme_is_answered(String line) throws SQLException {
    List<String> words =
        WORD.matcher(ofThisLog(line))
            .results()
            .map(word -> word.group(1) == null ? word.group(2) : word.group(1))
            .toList();
    if (words.get(0).equals("psql")) {
      for (int i = 1; i < words.size(); i += 2) {
        assertThat(words.get(i)).isEqualTo("-c");
        assertThat(rows(words.get(i + 1))).as(words.get(i + 1)).isPositive();
      }
    } else {
      Run run = installation.run(words.subList(1, words.size()).toArray(String[]::new));
      assertThat(run.exitCode()).as(run.err()).isZero();
      assertThat(run.out()).isNotBlank().doesNotContain("no memories", "no sessions", "no hits");
      assertThat(run.out()).doesNotContain("no messages", "no tool calls");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"driftless", "driftless_context", "driftless_audit"})
  void each_view_in_postgresql_has_its_own_await(String schema) throws SQLException {
    assertThat(rows(ofThisLog("SELECT " + schema + ".await('RECEIPT', '5 s')"))).isEqualTo(1);
  }

  private static String ofThisLog(String line) {
    String schema = installation.config().names().prefixed("_", "driftless");
    return line.replaceAll("(?<=SELECT |FROM )driftless(?=[._])", schema)
        .replaceAll("[$]?RECEIPT", receipt.token())
        .replace("2026-05-01T15:00Z", then.toString())
        .replace("3:1042", receipt.partition() + ":" + receipt.offset())
        .replace("3, 1042", receipt.partition() + ", " + receipt.offset());
  }

  /** Those that say something. */
  private static int rows(String sql) throws SQLException {
    PostgresConfig postgres = installation.config().relational();
    try (Connection connection =
            DriverManager.getConnection(postgres.url(), postgres.user(), postgres.password());
        Statement statement = connection.createStatement();
        ResultSet answer = statement.executeQuery(sql)) {
      int rows = 0;
      while (answer.next()) {
        rows += answer.getObject(1) == null ? 0 : 1;
      }
      return rows;
    }
  }
}
