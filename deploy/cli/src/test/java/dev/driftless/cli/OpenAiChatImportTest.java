package dev.driftless.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallIntended;
import dev.driftless.schemas.EventType;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenAiChatImportTest {

  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-05-01T15:00:00.123456Z"), ZoneOffset.UTC);

  /** Call c is made twice at once, answered once, and made once more. */
  private static final String REPEATED_IDS =
      """
      {"tenant":"t","subject":"s","agent":"a","session":"x","messages":[
        {"role":"assistant","content":"both","tool_calls":[
          {"id":"c","function":{"name":"f","arguments":"1"}},
          {"id":"c","function":{"name":"f","arguments":"2"}}]},
        {"role":"tool","tool_call_id":"c","content":"two"},
        {"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"3"}}]},
        {"role":"tool","tool_call_id":"c","content":"three"},
        {"role":"tool","tool_call_id":"c","content":"one"},
        {"role":"tool","tool_call_id":"c","content":"nobody asked"}]}
      """
          .replace("\n", " ");

  @Test
  void the_sample_becomes_a_session_of_messages_and_a_tool_call() {
    List<MemoryEvent> events = sample(Remember.USER);

    assertThat(events)
        .extracting(MemoryEvent::getEventId)
        .containsExactly(
            "sample-1/start",
            "sample-1/0/message",
            "sample-1/0/memory",
            "sample-1/1/message",
            "sample-1/1/intent/0",
            "sample-1/2/message",
            "sample-1/2/completed",
            "sample-1/3/message",
            "sample-1/4/message",
            "sample-1/4/memory",
            "sample-1/5/message",
            "sample-1/end");
    assertThat(events)
        .allSatisfy(
            e -> {
              assertThat(e.getTenant()).isEqualTo("demo");
              assertThat(e.getSession()).isEqualTo("sample-1");
              assertThat(e.getOccurredAt()).isEqualTo("2026-05-01T15:00:00Z");
            });
    MessageAppended asks = (MessageAppended) events.get(3).getPayload();
    assertThat(asks.getContent()).startsWith("Lovely.");
    assertThat(asks.getToolCallIds()).containsExactly("call_1");
    ToolCallIntended intended = (ToolCallIntended) events.get(4).getPayload();
    assertThat(((MessageAppended) events.get(5).getPayload()).getToolCallId()).isEqualTo("call_1");
    ToolCallCompleted completed = (ToolCallCompleted) events.get(6).getPayload();
    assertThat(completed.getTool()).isEqualTo(intended.getTool()).isEqualTo("find_plants");
    assertThat(completed.getArguments()).isEqualTo(intended.getArguments());
    assertThat(completed.getResult()).contains("chives");
    assertThat(events.get(6).getCausationId()).isEqualTo("sample-1/1/intent/0");
    assertThat(((MemoryRecorded) events.get(2).getPayload()).getMemoryId()).isEqualTo("sample-1/0");
  }

  @Test
  void what_is_remembered_is_chosen() {
    assertThat(count(sample(Remember.NONE), EventType.MEMORY_RECORDED)).isZero();
    assertThat(count(sample(Remember.USER), EventType.MEMORY_RECORDED)).isEqualTo(2);
    assertThat(count(sample(Remember.ASSISTANT), EventType.MEMORY_RECORDED)).isEqualTo(3);
    assertThat(count(sample(Remember.ALL), EventType.MEMORY_RECORDED)).isEqualTo(6);
  }

  @Test
  void blank_messages_are_not_remembered() {
    String line =
        """
        {"tenant":"t","subject":"s","agent":"a","session":"x","messages":[
        {"role":"user","content":" "},{"role":"user"},{"role":"user","content":null}]}\
        """;

    List<MemoryEvent> events = reader(Remember.ALL).read(line);
    assertThat(count(events, EventType.MESSAGE_APPENDED)).isEqualTo(3);
    assertThat(count(events, EventType.MEMORY_RECORDED)).isZero();
  }

  @Test
  void tool_call_ids_that_repeat_are_numbered_and_the_latest_open_one_is_answered() {
    List<MemoryEvent> events = reader(Remember.NONE).read(REPEATED_IDS);

    assertThat(payloads(events, ToolCallIntended.class))
        .extracting(e -> e.getToolCallId() + "(" + e.getArguments() + ")")
        .containsExactly("c(1)", "c#2(2)", "c#3(3)");
    assertThat(payloads(events, ToolCallCompleted.class))
        .extracting(e -> e.getToolCallId() + "(" + e.getArguments() + ")=" + e.getResult())
        .containsExactly("c#2(2)=two", "c#3(3)=three", "c(1)=one");
    assertThat(payloads(events, MessageAppended.class))
        .extracting(MessageAppended::getToolCallId)
        .containsExactly(null, "c#2", null, "c#3", "c", "c");
    assertThat(payloads(events, MessageAppended.class).get(0).getToolCallIds())
        .containsExactly("c", "c#2");
  }

  @Test
  void reading_the_same_line_again_gives_the_same_ids() {
    assertThat(ids(reader(Remember.ALL).read(REPEATED_IDS)))
        .isEqualTo(ids(reader(Remember.ALL).read(REPEATED_IDS)));
  }

  @Test
  void a_line_without_a_time_occurs_now_in_milliseconds() {
    assertThat(reader(Remember.NONE).read(REPEATED_IDS).get(0).getOccurredAt())
        .isEqualTo("2026-05-01T15:00:00.123Z");
    assertThat(
            reader(Remember.NONE)
                .read(REPEATED_IDS.replace("\"session\"", "\"created_at\":1777647600,\"session\""))
                .get(0)
                .getOccurredAt())
        .isEqualTo("2026-05-01T15:00:00Z");
  }

  @Test
  void a_session_on_two_lines_would_be_taken_for_a_repetition() {
    OpenAiChatImport reader = reader(Remember.NONE);
    reader.read(REPEATED_IDS);

    assertThatThrownBy(() -> reader.read(REPEATED_IDS))
        .isInstanceOf(ImportException.class)
        .hasMessageStartingWith("session: 'x' was on an earlier line");
    assertThat(reader.read(REPEATED_IDS.replace("\"s\"", "\"other\""))).isNotEmpty();
  }

  @Test
  void a_line_that_is_cut_off_is_no_json() {
    assertThatThrownBy(() -> reader(Remember.NONE).read(REPEATED_IDS.substring(0, 300)))
        .isInstanceOf(ImportException.class)
        .hasMessageStartingWith("not JSON: Unexpected end-of-input");
  }

  @Test
  void content_may_come_in_parts_of_text() {
    String parts = "[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]";
    List<MemoryEvent> events = reader(Remember.NONE).read(REPEATED_IDS.replace("\"both\"", parts));

    assertThat(payloads(events, MessageAppended.class).get(0).getContent()).isEqualTo("a\nb");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          "tenant":"t",     |                    | tenant: missing
          "subject":"s"     | "subject":7        | subject: expected a string
          "messages":       | "massages":        | messages: missing
          "both"            | {}                 | messages[0].content: expected a string
          "both"            | [{"image_url":""}] | messages[0].content[0].text: missing
          "role":"tool"     | "role":"function"  | messages[1].role: expected one of [assistant, developer, system, tool, user]
          "tool_call_id":"c",|                   | messages[1].tool_call_id: missing
          "id":"c",         |                    | messages[0].tool_calls[0].id: missing
          "name":"f",       |                    | messages[0].tool_calls[0].function.name: missing
          "arguments":"1"   | "arguments":1      | messages[0].tool_calls[0].function.arguments: expected a string
          "session":"x",    | "session":"x","occurredAt":"now", | occurredAt: expected an ISO-8601 instant such as 2026-05-01T15:00:00Z
          """)
  void a_mistake_is_named_with_its_field(String right, String wrong, String message) {
    String line = REPEATED_IDS.strip().replace(right, wrong == null ? "" : wrong);

    assertThatThrownBy(() -> reader(Remember.NONE).read(line))
        .isInstanceOf(ImportException.class)
        .hasMessage(message);
  }

  @Test
  void the_recorded_airline_sessions_are_read_whole() throws Exception {
    Path file = airline();
    assumeTrue(Files.exists(file), "skipped: " + file + " is not there");
    List<MemoryEvent> events = new ArrayList<>();
    try (EventLines lines = EventLines.open(file, reader(Remember.USER))) {
      for (var line = lines.next(); line != null; line = lines.next()) {
        events.addAll(line.events());
      }
    }

    assertThat(count(events, EventType.SESSION_STARTED)).isEqualTo(200);
    assertThat(count(events, EventType.SESSION_ENDED)).isEqualTo(200);
    assertThat(count(events, EventType.MESSAGE_APPENDED)).isEqualTo(5_108);
    assertThat(count(events, EventType.TOOL_CALL_INTENDED)).isEqualTo(1_164);
    assertThat(count(events, EventType.TOOL_CALL_COMPLETED)).isEqualTo(1_164);
    assertThat(count(events, EventType.MEMORY_RECORDED)).isEqualTo(1_490);
    assertThat(events.stream().map(MemoryEvent::getSubject).distinct()).hasSize(34);
    Set<List<String>> eventIds = new HashSet<>();
    events.forEach(e -> eventIds.add(List.of(e.getSubject(), e.getEventId())));
    assertThat(eventIds).hasSameSizeAs(events);
    Set<List<String>> calls = new HashSet<>();
    events.stream()
        .filter(e -> e.getPayload() instanceof ToolCallIntended)
        .forEach(
            e ->
                calls.add(
                    List.of(
                        e.getSubject(),
                        e.getSession(),
                        ((ToolCallIntended) e.getPayload()).getToolCallId())));
    assertThat(calls).hasSize(1_164);
  }

  /** Beside the repository. */
  static Path airline() {
    Path root = Path.of("").toAbsolutePath();
    while (root.getParent() != null && !Files.exists(root.resolve(".mvn"))) {
      root = root.getParent();
    }
    return root.resolve("../shared/data/airline-conversations.jsonl").normalize();
  }

  private static OpenAiChatImport reader(Remember remember) {
    return new OpenAiChatImport(remember, CLOCK);
  }

  private static List<MemoryEvent> sample(Remember remember) {
    InputStream in =
        Objects.requireNonNull(Driftless.class.getResourceAsStream("sample-conversation.jsonl"));
    try (EventLines lines = new EventLines("sample", in, reader(remember))) {
      return Objects.requireNonNull(lines.next()).events();
    }
  }

  private static long count(List<MemoryEvent> events, EventType type) {
    return events.stream().filter(e -> EventType.of(e) == type).count();
  }

  private static List<String> ids(List<MemoryEvent> events) {
    return events.stream().map(MemoryEvent::getEventId).toList();
  }

  private static <T> List<T> payloads(List<MemoryEvent> events, Class<T> type) {
    return events.stream()
        .map(MemoryEvent::getPayload)
        .filter(type::isInstance)
        .map(type::cast)
        .toList();
  }
}
