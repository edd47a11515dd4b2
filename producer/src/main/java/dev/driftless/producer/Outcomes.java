package dev.driftless.producer;

import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnsupportedVersionException;

/**
 * What the Kafka client's errors mean for the event: whoever cannot be sure that nothing was
 * written says so.
 */
final class Outcomes {

  private final String log;
  private final String timeout;

  Outcomes(LogTopic topic, MemoryLogConfig config) {
    this.log = "the log %s at %s".formatted(topic.name(), config.bootstrapServers());
    this.timeout = config.timeout().toString();
  }

  /**
   * @param wasSent false if the record never came into the client's buffer
   */
  RuntimeException of(String eventId, Exception e, boolean wasSent, RecordLimit limit) {
    if (e instanceof RecordTooLargeException) {
      limit.lowered();
      return new InvalidEventException("event", "too large for the topic: " + e.getMessage());
    }
    if (isRefusal(e)) {
      return new AppendRefusedException(
          "%s refuses event %s: %s; nothing was written".formatted(log, eventId, e.getMessage()),
          e);
    }
    if (!wasSent) {
      return new AppendTimeoutException(
          "%s did not take event %s in time (timeout %s): %s; nothing was written, append it again"
              .formatted(log, eventId, timeout, e.getMessage()),
          false,
          e);
    }
    return unknown(eventId, "not acknowledged: " + e.getMessage(), e);
  }

  AppendTimeoutException unknown(String eventId, String why, Exception e) {
    return new AppendTimeoutException(
        "%s may or may not hold event %s (timeout %s): %s; appending it again with the same eventId is safe"
            .formatted(log, eventId, timeout, why),
        true,
        e);
  }

  private static boolean isRefusal(Exception e) {
    return e instanceof AuthorizationException
        || e instanceof AuthenticationException
        || e instanceof InvalidTopicException
        || e instanceof InvalidRecordException
        || e instanceof PolicyViolationException
        || e instanceof UnsupportedVersionException;
  }
}
