package dev.driftless.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RecordLimitTest {

  private final AtomicInteger topicBytes = new AtomicInteger(1_000);
  private final AtomicInteger questions = new AtomicInteger();
  private final RecordLimit limit =
      new RecordLimit(
          1_000,
          5_000,
          () -> {
            questions.incrementAndGet();
            return topicBytes.get();
          });

  @Test
  void what_fits_asks_nobody() {
    limit.check(new byte[100], new byte[800]);

    assertThat(questions).hasValue(0);
  }

  @Test
  void what_does_not_fit_is_refused_with_both_numbers() {
    assertThatThrownBy(() -> limit.check(new byte[100], new byte[801]))
        .isInstanceOf(InvalidEventException.class)
        .hasMessage("event: 1001 bytes as a record, the topic takes 1000 (max.message.bytes)");
    assertThat(questions).hasValue(1);
  }

  @Test
  void a_limit_that_was_raised_is_noticed() {
    topicBytes.set(2_000);

    assertThatCode(() -> limit.check(new byte[100], new byte[1_500])).doesNotThrowAnyException();
  }

  @Test
  void many_that_are_too_large_ask_once_a_second() {
    for (int i = 0; i < 100; i++) {
      assertThatThrownBy(() -> limit.check(new byte[100], new byte[2_000]))
          .isInstanceOf(InvalidEventException.class);
    }
    assertThat(questions.get()).isLessThan(5);
  }

  @Test
  void a_limit_that_was_lowered_is_asked_for_again() {
    topicBytes.set(500);
    limit.lowered();

    assertThatThrownBy(() -> limit.check(new byte[100], new byte[800]))
        .hasMessageContaining("the topic takes 500");
    limit.check(new byte[100], new byte[300]);
  }

  @Test
  void the_buffer_is_a_limit_too() {
    topicBytes.set(100_000);

    assertThatThrownBy(() -> limit.check(new byte[100], new byte[5_000]))
        .hasMessage("event: 5200 bytes as a record, the buffer of this log has 5000");
  }
}
