package dev.driftless.schemas;

import dev.driftless.events.MemoryEvent;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;

/**
 * Our envelope, to read what a writer with another version of it wrote.
 *
 * <p>Where a writer knows a payload that we do not, Avro for Java would take the first of our
 * payloads that its fields happen to fit: a new {@code MemoryTouched {memoryId}} would be read as
 * {@code MemoryForgotten}. So unknown payloads are added to the union here, where they match
 * themselves by name, and come out as records that are none of ours.
 */
final class ReaderSchema {

  private static final Schema OURS = MemoryEvent.getClassSchema();
  private static final String PAYLOAD = "payload";

  private ReaderSchema() {}

  static Schema of(Schema written) {
    List<Schema> payloads = new ArrayList<>(types(OURS));
    List<String> known = payloads.stream().map(Schema::getFullName).toList();
    List<Schema> unknown =
        types(written).stream().filter(t -> !known.contains(t.getFullName())).toList();
    if (unknown.isEmpty()) {
      return OURS;
    }
    payloads.addAll(unknown);
    return withPayloads(Schema.createUnion(payloads));
  }

  private static List<Schema> types(Schema envelope) {
    if (envelope.getType() != Schema.Type.RECORD || envelope.getField(PAYLOAD) == null) {
      return List.of();
    }
    Schema payload = envelope.getField(PAYLOAD).schema();
    return payload.isUnion() ? payload.getTypes() : List.of(payload);
  }

  private static Schema withPayloads(Schema union) {
    List<Schema.Field> fields =
        OURS.getFields().stream()
            .map(f -> new Schema.Field(f, f.name().equals(PAYLOAD) ? union : f.schema()))
            .toList();
    return Schema.createRecord(OURS.getName(), OURS.getDoc(), OURS.getNamespace(), false, fields);
  }
}
