package dev.driftless.producer;

import java.time.Duration;

/**
 * How large a record may be: what the topic takes, and what fits into our buffer. The broker is
 * asked again, at most once a second, before a record is refused for its size, since the limit may
 * have been raised. Safe to share between threads.
 */
final class RecordLimit {

  /** At most so much is around key and value of a record that is alone in its batch. */
  static final int OVERHEAD_BYTES = 100;

  private static final long FRESH_NANOS = Duration.ofSeconds(1).toNanos();

  /** Asks the broker. */
  interface Question {
    int maxRecordBytes();
  }

  private final Question question;
  private final long bufferBytes;
  private volatile int topicBytes;
  private long askedNanos;

  RecordLimit(int topicBytes, long bufferBytes, Question question) {
    this.topicBytes = topicBytes;
    this.bufferBytes = bufferBytes;
    this.question = question;
    this.askedNanos = System.nanoTime() - FRESH_NANOS;
  }

  /**
   * @throws InvalidEventException if no record can have this key and value
   */
  void check(byte[] key, byte[] value) {
    long bytes = (long) key.length + value.length + OVERHEAD_BYTES;
    if (bytes > topicBytes) {
      refresh();
    }
    if (bytes > topicBytes) {
      throw new InvalidEventException(
          "event",
          "%d bytes as a record, the topic takes %d (max.message.bytes)"
              .formatted(bytes, topicBytes));
    }
    if (bytes > bufferBytes) {
      throw new InvalidEventException(
          "event",
          "%d bytes as a record, the buffer of this log has %d".formatted(bytes, bufferBytes));
    }
  }

  /** Asks the broker now, unless that was done a moment ago. */
  private synchronized void refresh() {
    long now = System.nanoTime();
    if (now - askedNanos >= FRESH_NANOS) {
      topicBytes = question.maxRecordBytes();
      askedNanos = System.nanoTime();
    }
  }

  /** The broker refused what was within the limit. */
  synchronized void lowered() {
    topicBytes = 0;
    askedNanos = System.nanoTime() - FRESH_NANOS;
  }
}
