package dev.driftless.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryRecorded;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventJsonTest {

  private static final String EVENT =
      """
      {"eventId":"e1","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia",\
      "agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"m1","kind":"SEMANTIC",\
      "text":"prefers aisle seats","attributes":{"source":"chat"},\
      "embedding":{"model":"example-3d","vector":"AAAAPwAAgL8AAIA+"}}}""";

  @Test
  void what_is_written_is_one_line_and_is_read_back_equal() {
    MemoryEvent event = EventJson.read(EVENT);

    assertThat(EventJson.write(event)).isEqualTo(EVENT);
    assertThat(EventJson.read(EventJson.write(event))).isEqualTo(event);
  }

  @Test
  void a_vector_may_be_an_array_of_numbers() {
    MemoryEvent event = EventJson.read(EVENT.replace("\"AAAAPwAAgL8AAIA+\"", "[0.5,-1,0.25]"));

    FloatBuffer vector =
        ((MemoryRecorded) event.getPayload())
            .getEmbedding()
            .getVector()
            .order(ByteOrder.LITTLE_ENDIAN)
            .asFloatBuffer();
    assertThat(vector).isEqualTo(FloatBuffer.wrap(new float[] {0.5f, -1, 0.25f}));
    assertThat(event).isEqualTo(EventJson.read(EVENT));
  }

  @Test
  void defaults_are_not_shared_between_events() {
    String event = EVENT.replace(",\"attributes\":{\"source\":\"chat\"}", "");
    ((MemoryRecorded) EventJson.read(event).getPayload()).getAttributes().put("leaked", "yes");

    assertThat(((MemoryRecorded) EventJson.read(event).getPayload()).getAttributes()).isEmpty();
  }

  @Test
  void finer_times_than_milliseconds_are_cut() {
    MemoryEvent event = EventJson.read(EVENT.replace("15:00:00Z", "15:00:00.123999Z"));

    assertThat(event.getOccurredAt()).hasToString("2026-05-01T15:00:00.123Z");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      textBlock =
          """
          "agent":"helper"          | "agant":"helper"             | agant: unknown field
          "kind":"SEMANTIC"         | "kind":"SEMANTIC","x":1      | payload.x: unknown field
          "agent":"helper",         |                              | agent: missing
          "memoryId":"m1",          |                              | payload.memoryId: missing
          "tenant":"acme"           | "tenant":7                   | tenant: expected a string, found 7
          "tenant":"acme"           | "tenant":null                | tenant: expected a string, found null
          {"source":"chat"}         | {"source":["chat"]}          | payload.attributes.source: expected a string, found ["chat"]
          {"source":"chat"}         | "chat"                       | payload.attributes: expected an object, found 'chat'
          "kind":"SEMANTIC"         | "kind":"semantic"            | payload.kind: expected one of [EPISODIC, SEMANTIC, PROCEDURAL], found 'semantic'
          2026-05-01T15:00:00Z      | yesterday                    | occurredAt: expected an ISO-8601 instant such as 2026-05-01T15:00:00Z, found 'yesterday'
          2026-05-01T15:00:00Z      | +999999999-01-01T00:00:00Z   | occurredAt: expected an ISO-8601 instant such as 2026-05-01T15:00:00Z, found '+999999999-01-01T00:00:00Z'
          "2026-05-01T15:00:00Z"    | 1777647600000                | occurredAt: expected an ISO-8601 instant such as 2026-05-01T15:00:00Z, found 1777647600000
          "AAAAPwAAgL8AAIA+"        | "%%%"                        | payload.embedding.vector: not base64: Illegal base64 character 25
          "AAAAPwAAgL8AAIA+"        | [0.5,"1"]                    | payload.embedding.vector: expected an array of numbers, found '1'
          "AAAAPwAAgL8AAIA+"        | 3                            | payload.embedding.vector: expected base64 text or an array of numbers, found 3
          "type":"MemoryRecorded",  |                              | type: expected one of [CheckpointSaved, MemoryForgotten, MemoryRecalled, MemoryRecorded, MemoryRevised, MessageAppended, PatternLearned, PatternRetired, SessionEnded, SessionStarted, ToolCallCompensated, ToolCallCompleted, ToolCallFailed, ToolCallIntended], found nothing
          """)
  void a_mistake_is_named_with_its_field(String right, String wrong, String message) {
    String json = EVENT.replace(right, wrong == null ? "" : wrong);
    assertThat(json).isNotEqualTo(EVENT);

    assertThatThrownBy(() -> EventJson.read(json))
        .isInstanceOf(EventFormatException.class)
        .hasMessage(message);
  }

  @Test
  void what_is_no_json_object_is_refused() {
    refused("", "expected a JSON object");
    refused("[]", "expected a JSON object, found []");
    refused("{\"a\":", "not JSON: Unexpected end-of-input");
    refused(EVENT + " {}", "not JSON: Trailing token");
    refused(EVENT.replace("\"tenant\"", "\"agent\""), "not JSON: Duplicate field 'agent'");
  }

  @Test
  void a_payload_must_be_an_object() {
    String head = EVENT.substring(0, EVENT.indexOf(",\"payload\""));
    refused(head + "}", "payload: missing");
    refused(head + ",\"payload\":null}", "payload: expected an object, found null");
    refused(head + ",\"payload\":\"x\"}", "payload: expected an object, found 'x'");
  }

  @Test
  void long_values_are_cut_in_messages() {
    assertThatThrownBy(() -> EventJson.read("[\"" + "x".repeat(500) + "\"]"))
        .hasMessage("expected a JSON object, found [\"" + "x".repeat(58) + "…");
  }

  private static void refused(String json, String why) {
    assertThatThrownBy(() -> EventJson.read(json))
        .isInstanceOf(EventFormatException.class)
        .hasMessageStartingWith(why);
  }
}
