package dev.driftless.bench.chaos.check;

import java.nio.ByteBuffer;
import java.util.Objects;
import org.apache.avro.generic.GenericRecord;
import org.jspecify.annotations.Nullable;

/**
 * One record of the log.
 *
 * @param appendMs when the broker appended it
 * @param logMs running maximum of that in the partition
 * @param event null if it holds none
 */
record LoggedRecord(
    int partition,
    long offset,
    long appendMs,
    long logMs,
    byte @Nullable [] key,
    byte @Nullable [] value,
    @Nullable GenericRecord event,
    Outcome outcome) {

  /** Of every value: a magic byte and the schema's id. */
  static final int HEADER_BYTES = 5;

  /** What follows in the value; of a record that holds an event. */
  ByteBuffer avro() {
    byte[] bytes = Objects.requireNonNull(value);
    return ByteBuffer.wrap(bytes, HEADER_BYTES, bytes.length - HEADER_BYTES);
  }

  /** The payload's name, as {@code MemoryRecorded}. */
  String type() {
    return payload().getSchema().getName();
  }

  GenericRecord payload() {
    return (GenericRecord) Objects.requireNonNull(event).get("payload");
  }

  /** A field of the envelope; null if it is absent. */
  @Nullable String text(String field) {
    return Plain.text(Objects.requireNonNull(event).get(field));
  }

  /** A field of the payload that has a value. */
  String payloadText(String field) {
    return String.valueOf(payload().get(field));
  }

  /** Whose it is, as {@code tenant/subject}. */
  String whose() {
    return text("tenant") + "/" + text("subject");
  }

  /** What holds a text of the user is not shown. */
  @Override
  public String toString() {
    return "record %d/%d".formatted(partition, offset);
  }
}
