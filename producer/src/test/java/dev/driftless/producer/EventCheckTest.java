package dev.driftless.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.events.CheckpointSaved;
import dev.driftless.events.Embedding;
import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MemoryKind;
import dev.driftless.events.MemoryRecalled;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.PatternLearned;
import dev.driftless.events.PatternRetired;
import dev.driftless.events.Role;
import dev.driftless.events.SessionEnded;
import dev.driftless.events.SessionStarted;
import dev.driftless.events.ToolCallCompensated;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallFailed;
import dev.driftless.events.ToolCallIntended;
import dev.driftless.schemas.GoldenEvents;
import dev.driftless.schemas.GoldenEvents.GoldenEvent;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

class EventCheckTest {

  static final List<GoldenEvent> GOLDEN = GoldenEvents.all();

  private final EventCheck check = new EventCheck(Map.of("example-3d", 3));

  @ParameterizedTest
  @FieldSource("GOLDEN")
  void golden_events_are_valid(GoldenEvent golden) {
    assertThatCode(() -> check.check(golden.event())).doesNotThrowAnyException();
  }

  @Test
  void ids_of_the_envelope_are_needed() {
    refused(minimal().setEventId("").build(), "eventId: empty, expected an id");
    refused(minimal().setTenant("").build(), "tenant: empty, expected an id");
    refused(minimal().setSubject("").build(), "subject: empty, expected an id");
    refused(minimal().setAgent("").build(), "agent: empty, expected an id");
    refused(minimal().setSession("").build(), "session: empty, expected an id");
    refused(minimal().setCorrelationId("").build(), "correlationId: empty, expected an id");
    refused(minimal().setCausationId("").build(), "causationId: empty, expected an id");
  }

  static Stream<List<Object>> payloadsWithoutAnId() {
    return Stream.of(
        List.of(memory("", "text", null), "memoryId"),
        List.of(new MemoryForgotten("", null), "memoryId"),
        List.of(new MemoryRecalled(List.of("m1", ""), null), "memoryIds[1]"),
        List.of(message("", List.of(), null), "messageId"),
        List.of(message("1", List.of("c1", ""), null), "toolCallIds[1]"),
        List.of(message("1", List.of(), ""), "toolCallId"),
        List.of(new ToolCallIntended("", "t", ""), "toolCallId"),
        List.of(new ToolCallCompleted("", "t", "", ""), "toolCallId"),
        List.of(new ToolCallFailed("", "t", "", ""), "toolCallId"),
        List.of(new ToolCallCompensated("", "t", "", ""), "toolCallId"),
        List.of(new PatternLearned("", "s", 0.5, List.of()), "patternId"),
        List.of(new PatternLearned("p", "s", 0.5, List.of("")), "evidence[0]"),
        List.of(new PatternRetired("", null), "patternId"));
  }

  @ParameterizedTest
  @MethodSource("payloadsWithoutAnId")
  void ids_of_the_payload_are_needed(List<Object> payloadAndField) {
    refused(
        with(payloadAndField.get(0)),
        "payload." + payloadAndField.get(1) + ": empty, expected an id");
  }

  @Test
  void ids_are_at_most_512_bytes() {
    String longest = "ä".repeat(256);
    assertThatCode(() -> check.check(minimal().setSubject(longest).build()))
        .doesNotThrowAnyException();
    refused(
        minimal().setSubject(longest + "x").build(), "subject: 513 bytes, expected at most 512");
    refused(
        with(memory("x".repeat(600), "text", null)),
        "payload.memoryId: 600 bytes, expected at most 512");
    refused(
        with(new CheckpointSaved("x".repeat(600), "")),
        "payload.step: 600 bytes, expected at most 512");
  }

  @Test
  void a_memory_needs_a_text_and_a_pattern_a_statement() {
    refused(with(memory("m1", "", null)), "payload.text: blank, expected a text");
    refused(with(memory("m1", " \n\t", null)), "payload.text: blank, expected a text");
    refused(
        with(new PatternLearned("p1", " ", 1.0, List.of())),
        "payload.statement: blank, expected a text");
  }

  static Stream<Object> payloadsOfSessions() {
    return Stream.of(
        new SessionStarted(Map.of()),
        new SessionEnded(null),
        new CheckpointSaved("step", "{}"),
        message("1", List.of(), null),
        new ToolCallIntended("c", "t", ""),
        new ToolCallCompleted("c", "t", "", ""),
        new ToolCallFailed("c", "t", "", ""),
        new ToolCallCompensated("c", "t", "", ""));
  }

  @ParameterizedTest
  @MethodSource("payloadsOfSessions")
  void what_belongs_to_a_session_names_it(IndexedRecord payload) {
    refused(
        minimal().setPayload(payload).build(),
        "session: missing, but " + payload.getSchema().getName() + " needs one");
  }

  @Test
  void confidence_is_from_0_to_1() {
    for (double wrong : new double[] {-0.001, 1.001, Double.NaN, Double.POSITIVE_INFINITY}) {
      refused(
          with(new PatternLearned("p1", "s", wrong, List.of())),
          "payload.confidence: expected a number from 0 to 1, found " + wrong);
    }
  }

  @Test
  void an_embedding_is_of_a_configured_model() {
    refused(
        with(memory("m1", "text", new Embedding("other", floats(1, 2, 3)))),
        "payload.embedding.model: expected one of [example-3d], found another model");
  }

  @Test
  void an_embedding_has_the_dimensions_of_its_model() {
    refused(
        with(memory("m1", "text", new Embedding("example-3d", floats(1, 2)))),
        "payload.embedding.vector: expected 12 bytes for the 3 dimensions of example-3d, found 8");
    refused(
        with(memory("m1", "text", new Embedding("example-3d", ByteBuffer.allocate(13)))),
        "payload.embedding.vector: expected 12 bytes for the 3 dimensions of example-3d, found 13");
  }

  @Test
  void an_embedding_is_finite_and_points_somewhere() {
    refused(
        with(memory("m1", "text", new Embedding("example-3d", floats(1, Float.NaN, 3)))),
        "payload.embedding.vector: expected finite numbers, found NaN at 1");
    refused(
        with(
            memory(
                "m1", "text", new Embedding("example-3d", floats(1, 2, Float.NEGATIVE_INFINITY)))),
        "payload.embedding.vector: expected finite numbers, found -Infinity at 2");
    refused(
        with(memory("m1", "text", new Embedding("example-3d", floats(0, -0f, 0)))),
        "payload.embedding.vector: all zero, so it points nowhere");
  }

  @Test
  void times_are_what_databases_can_hold() {
    refused(
        minimal().setOccurredAt(Instant.MAX).build(),
        "occurredAt: expected a time from year 1 to year 9999");
    refused(
        minimal().setOccurredAt(Instant.parse("-0001-01-01T00:00:00Z")).build(),
        "occurredAt: expected a time from year 1 to year 9999");
  }

  @Test
  void a_nul_character_is_refused_wherever_a_string_can_be() {
    refusedInEveryString("a\0b", "has a NUL character at 1");
  }

  @Test
  void half_of_a_surrogate_pair_is_refused_wherever_a_string_can_be() {
    refusedInEveryString("ab\uD83D", "has half of a surrogate pair at 2");
    refusedInEveryString("\uDE42\uD83D", "has half of a surrogate pair at 0");
    refusedInEveryString("\uD83Dx", "has half of a surrogate pair at 0");
  }

  @Test
  void a_whole_surrogate_pair_is_a_character() {
    assertThatCode(() -> check.check(with(memory("m1", "🙂 \uD83D\uDE42", null))))
        .doesNotThrowAnyException();
  }

  @Test
  void a_required_field_that_is_null_is_missing() {
    refused(
        new MemoryEvent(
            "e1", Instant.EPOCH, nothing(), "s", "a", null, null, null, new SessionEnded(null)),
        "tenant: missing");
    refused(with(new MemoryForgotten(nothing(), null)), "payload.memoryId: missing");
    refused(
        with(new MemoryRecalled(Arrays.asList("m1", nothing()), null)),
        "payload.memoryIds[1]: missing");
  }

  @Test
  void a_payload_that_is_none_is_refused() {
    assertThatThrownBy(() -> check.check(with("text")))
        .isInstanceOfSatisfying(
            InvalidEventException.class, e -> assertThat(e.field()).isEqualTo("payload"));
  }

  @Test
  void messages_never_show_the_content() {
    assertThatThrownBy(() -> check.check(with(memory("m1", "my secret\0", null))))
        .hasMessageNotContaining("secret");
  }

  /** Puts the text into one string after the other of all golden events. */
  private void refusedInEveryString(String text, String wrong) {
    int strings = 0;
    for (GoldenEvent golden : GOLDEN) {
      for (List<Object> path : strings(golden.event(), List.of())) {
        MemoryEvent event = golden.event();
        replace(event, path, text);
        assertThatThrownBy(() -> check.check(event))
            .as("%s in %s", path, golden)
            .isInstanceOf(InvalidEventException.class)
            .hasMessageEndingWith(wrong);
        strings++;
      }
    }
    assertThat(strings).isGreaterThan(200);
  }

  private static List<List<Object>> strings(Object value, List<Object> path) {
    List<List<Object>> found = new ArrayList<>();
    if (value instanceof String) {
      found.add(path);
    } else if (value instanceof IndexedRecord record) {
      for (Schema.Field field : record.getSchema().getFields()) {
        if (record.get(field.pos()) != null) {
          found.addAll(strings(record.get(field.pos()), append(path, field.pos())));
        }
      }
    } else if (value instanceof List<?> items) {
      for (int i = 0; i < items.size(); i++) {
        found.addAll(strings(items.get(i), append(path, i)));
      }
    } else if (value instanceof Map<?, ?> entries) {
      entries.forEach((key, item) -> found.addAll(strings(item, append(path, key))));
      entries.forEach((key, item) -> found.add(append(path, "key " + key)));
    }
    return found;
  }

  @SuppressWarnings("unchecked")
  private static void replace(Object value, List<Object> path, String text) {
    Object step = path.get(0);
    List<Object> rest = path.subList(1, path.size());
    if (value instanceof IndexedRecord record) {
      int field = (Integer) step;
      if (rest.isEmpty()) {
        record.put(field, text);
      } else {
        replace(record.get(field), rest, text);
      }
    } else if (value instanceof List<?> items) {
      ((List<String>) items).set((Integer) step, text);
    } else if (step.toString().startsWith("key ")) {
      ((Map<String, String>) value).put(text, "value");
    } else {
      ((Map<String, String>) value).put(step.toString(), text);
    }
  }

  private static List<Object> append(List<Object> path, Object step) {
    List<Object> longer = new ArrayList<>(path);
    longer.add(step);
    return longer;
  }

  private void refused(MemoryEvent event, String message) {
    assertThatThrownBy(() -> check.check(event))
        .isInstanceOf(InvalidEventException.class)
        .hasMessage(message)
        .extracting(e -> ((InvalidEventException) e).field())
        .isEqualTo(message.substring(0, message.indexOf(':')));
  }

  private static MemoryEvent.Builder minimal() {
    return Events.event("e1", "mia").setPayload(new MemoryForgotten("m1", null));
  }

  private static MemoryEvent with(Object payload) {
    return Events.event("e1", "mia").setSession("s1").setPayload(payload).build();
  }

  private static MemoryRecorded memory(String id, String text, @Nullable Embedding embedding) {
    return new MemoryRecorded(id, MemoryKind.SEMANTIC, text, Map.of(), embedding, null);
  }

  private static MessageAppended message(
      String id, List<String> toolCallIds, @Nullable String toolCallId) {
    return new MessageAppended(id, Role.USER, "hi", toolCallIds, toolCallId);
  }

  private static ByteBuffer floats(float... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return bytes.flip();
  }

  /** What a caller without our checks may pass. */
  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T nothing() {
    return null;
  }
}
