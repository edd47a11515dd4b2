package dev.driftless.producer;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.common.errors.NotEnoughReplicasAfterAppendException;
import org.apache.kafka.common.errors.OutOfOrderSequenceException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.junit.jupiter.api.Test;

class OutcomesTest {

  private final Outcomes outcomes =
      new Outcomes(
          new LogTopic("memory-events", "AAAAAAAAAAAAAAAAAAAAAA", 4, 1_000),
          MemoryLogConfig.of("broker:9092", "http://registry"));
  private final RecordLimit limit = new RecordLimit(1_000, 5_000, () -> 1_000);

  @Test
  void a_timeout_on_the_way_may_have_been_written() {
    assertThat(of(new TimeoutException("expired"), true))
        .isInstanceOfSatisfying(
            AppendTimeoutException.class, e -> assertThat(e.mayBeWritten()).isTrue())
        .hasMessage(
            "the log memory-events at broker:9092 may or may not hold event e1 (timeout PT30S): not acknowledged: expired; appending it again with the same eventId is safe");
  }

  @Test
  void a_timeout_before_the_buffer_wrote_nothing() {
    assertThat(of(new TimeoutException("no room"), false))
        .isInstanceOfSatisfying(
            AppendTimeoutException.class, e -> assertThat(e.mayBeWritten()).isFalse())
        .hasMessage(
            "the log memory-events at broker:9092 did not take event e1 in time (timeout PT30S): no room; nothing was written, append it again");
  }

  @Test
  void an_error_that_may_come_after_the_write_is_not_called_a_refusal() {
    assertThat(of(new NotEnoughReplicasAfterAppendException("1 of 2"), true))
        .isInstanceOf(AppendTimeoutException.class);
    assertThat(of(new OutOfOrderSequenceException("gap"), true))
        .isInstanceOf(AppendTimeoutException.class);
  }

  @Test
  void what_the_broker_refuses_was_not_written() {
    assertThat(of(new TopicAuthorizationException("not allowed"), true))
        .isInstanceOf(AppendRefusedException.class)
        .hasMessage(
            "the log memory-events at broker:9092 refuses event e1: not allowed; nothing was written");
    assertThat(of(new RecordTooLargeException("too large"), true))
        .isInstanceOf(InvalidEventException.class);
  }

  private RuntimeException of(Exception e, boolean wasSent) {
    return outcomes.of("e1", e, wasSent, limit);
  }
}
