package dev.driftless.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class EventLinesTest {

  private static final String EVENT =
      """
      {"eventId":"e1","occurredAt":"2026-05-01T15:00:00Z","tenant":"t","subject":"s","agent":"a",\
      "type":"MemoryForgotten","payload":{"memoryId":"m1"}}""";

  @Test
  void blank_lines_count_but_say_nothing() {
    EventLines lines = lines(("\n" + EVENT + "\r\n  \n" + EVENT).getBytes(UTF_8));

    assertThat(Objects.requireNonNull(lines.next()).place()).isEqualTo("in.jsonl:2");
    assertThat(Objects.requireNonNull(lines.next()).place()).isEqualTo("in.jsonl:4");
    assertThat(lines.next()).isNull();
    assertThat(lines.next()).isNull();
  }

  @Test
  void a_byte_order_mark_is_passed_over() {
    assertThat(lines(("\uFEFF" + EVENT).getBytes(UTF_8)).next()).isNotNull();
  }

  @Test
  void a_mistake_is_named_with_its_file_line_and_field() {
    EventLines lines = lines((EVENT + "\n" + EVENT.replace("memoryId", "memory")).getBytes(UTF_8));
    assertThat(lines.next()).isNotNull();

    assertThatThrownBy(lines::next)
        .isInstanceOf(ImportException.class)
        .hasMessage("in.jsonl:2: payload.memory: unknown field");
  }

  @Test
  void bytes_that_are_not_utf_8_are_named_with_their_line() {
    assertThatThrownBy(() -> lines(new byte[] {'\n', '"', (byte) 0xff, '"'}).next())
        .hasMessage("in.jsonl:2: not UTF-8");
  }

  @Test
  void a_line_without_an_end_is_refused_before_memory_runs_out() {
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 'x';
          }

          @Override
          public int read(byte[] bytes, int from, int length) {
            java.util.Arrays.fill(bytes, from, from + length, (byte) 'x');
            return length;
          }
        };

    assertThatThrownBy(() -> new EventLines("in.jsonl", endless, line -> List.of()).next())
        .hasMessage("in.jsonl:1: longer than 33554432 bytes: one JSON object a line");
  }

  @Test
  void a_file_that_is_not_there_is_said() {
    assertThatThrownBy(() -> EventLines.open(Path.of("no-such.jsonl"), new EventsImport()))
        .isInstanceOf(ImportException.class)
        .hasMessageContaining("no-such.jsonl");
  }

  private static EventLines lines(byte[] bytes) {
    return new EventLines("in.jsonl", new ByteArrayInputStream(bytes), new EventsImport());
  }
}
