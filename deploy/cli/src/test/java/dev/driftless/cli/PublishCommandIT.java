package dev.driftless.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.driftless.local.Addresses;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.producer.LogTopic;
import dev.driftless.schemas.EventRegistry;
import dev.driftless.schemas.Names;
import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code publish} on the real broker and registry; every test has a log of its own. */
class PublishCommandIT {

  private static final AtomicInteger TESTS = new AtomicInteger();
  private static final String GOOD =
      """
      {"eventId":"e%d","occurredAt":"2026-05-01T15:00:00Z","tenant":"t","subject":"s","agent":"a",\
      "type":"MemoryRecorded","payload":{"memoryId":"m%d","kind":"SEMANTIC","text":"%s"}}
      """;

  private final Addresses servers = TestStack.shared().with(ServerKind.KAFKA, ServerKind.REGISTRY);
  private final Names names = new Names("publish_it_" + TESTS.incrementAndGet());
  private final Map<String, String> environment = new HashMap<>(servers.environment());

  @BeforeEach
  void create() {
    environment.put("DRIFTLESS_NAME", names.name());
    try (Admin admin = admin();
        EventRegistry registry = new EventRegistry(servers.schemaRegistryUrl(), names, Map.of())) {
      registry.register();
      LogTopic.create(admin, names, 2, 1, List.of());
    }
  }

  private record Ran(int exitCode, String out, String err) {

    JsonNode json() throws Exception {
      String[] lines = out.strip().split("\n");
      return new ObjectMapper().readTree(lines[lines.length - 1]);
    }
  }

  @Test
  void events_from_standard_input_are_published() throws Exception {
    Ran ran = run(GOOD.formatted(1, 1, "one") + GOOD.formatted(2, 2, "two"), "-", "--json");

    assertThat(ran.exitCode()).isZero();
    assertThat(ran.json().get("published").longValue()).isEqualTo(2);
    assertThat(ran.json().get("byType").get("MemoryRecorded").longValue()).isEqualTo(2);
    assertThat(end()).isEqualTo(2);
  }

  @Test
  void a_table_says_how_many_of_what() throws Exception {
    Ran ran = run(GOOD.formatted(1, 1, "one"));

    assertThat(ran.exitCode()).isZero();
    assertThat(ran.out()).containsPattern("1  MemoryRecorded\\R +1  events published in ");
  }

  @Test
  void a_line_that_is_no_event_stops_it_and_says_where(@TempDir Path dir) throws Exception {
    Path file = dir.resolve("events.jsonl");
    Files.writeString(
        file, GOOD.formatted(1, 1, "one") + "{\"eventId\":7}\n" + GOOD.formatted(3, 3, "three"));

    Ran ran = run("", file.toString(), "--json");

    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.err())
        .contains(file + ":2: type: expected one of [")
        .contains("stopped after 1 published events; publishing the file again is harmless");
    assertThat(ran.json().get("published").longValue()).isEqualTo(1);
    assertThat(ran.json().get("error").textValue()).startsWith(file + ":2: type");
    assertThat(end()).isEqualTo(1);
  }

  @Test
  void an_event_that_the_log_refuses_stops_it_and_says_where() throws Exception {
    Ran ran =
        run(GOOD.formatted(1, 1, "one") + GOOD.formatted(2, 2, " ") + GOOD.formatted(3, 3, "x"));

    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.err())
        .contains("standard input:2: event e2: payload.text: blank, expected a text");
    assertThat(end()).isEqualTo(1);
  }

  @Test
  void the_recorded_airline_sessions_are_published_and_can_be_again() throws Exception {
    Path file = OpenAiChatImportTest.airline();
    assumeTrue(Files.exists(file), "skipped: " + file + " is not there");
    String[] arguments = {
      file.toString(), "--format", "openai-chat", "--remember", "user", "--json"
    };

    Ran ran = run("", arguments);

    assertThat(ran.exitCode()).as(ran.err()).isZero();
    JsonNode byType = ran.json().get("byType");
    assertThat(byType.get("MessageAppended").longValue()).isEqualTo(5_108);
    assertThat(byType.get("ToolCallCompleted").longValue()).isEqualTo(1_164);
    assertThat(byType.get("MemoryRecorded").longValue()).isEqualTo(1_490);
    assertThat(end()).isEqualTo(ran.json().get("published").longValue()).isEqualTo(9_326);

    assertThat(run("", arguments).exitCode()).isZero();
    assertThat(end()).isEqualTo(2 * 9_326);
  }

  @Test
  void without_addresses_it_says_what_to_do(@TempDir Path dir) {
    environment.remove("KAFKA_BOOTSTRAP_SERVERS");
    environment.put("DRIFTLESS_HOME", dir.resolve("none").toString());

    Ran ran = run("");

    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.err().strip())
        .hasLineCount(1)
        .contains("run driftless up, or set KAFKA_BOOTSTRAP_SERVERS");
  }

  @Test
  void a_format_or_file_that_is_none_is_said() {
    assertThat(run("", "--format", "xml").exitCode()).isEqualTo(2);
    assertThat(run("", "--format", "xml").err()).contains("[events, openai-chat]");
    assertThat(run("", "--remember", "some").exitCode()).isEqualTo(2);
    Ran ran = run("", "no-such.jsonl");
    assertThat(ran.exitCode()).isEqualTo(1);
    assertThat(ran.err()).contains("no-such.jsonl");
  }

  private Ran run(String stdin, String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exitCode =
        Driftless.commandLine(
                new PublishCommand(environment, new ByteArrayInputStream(stdin.getBytes(UTF_8))))
            .setOut(new PrintWriter(out))
            .setErr(new PrintWriter(err))
            .execute(arguments);
    return new Ran(exitCode, out.toString(), err.toString());
  }

  private long end() throws Exception {
    try (Admin admin = admin()) {
      Map<TopicPartition, OffsetSpec> latest =
          Map.of(
              new TopicPartition(names.log(), 0), OffsetSpec.latest(),
              new TopicPartition(names.log(), 1), OffsetSpec.latest());
      return admin.listOffsets(latest).all().get().values().stream()
          .mapToLong(end -> end.offset())
          .sum();
    }
  }

  private Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", servers.kafkaBootstrapServers()));
  }
}
