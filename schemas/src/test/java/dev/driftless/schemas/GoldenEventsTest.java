package dev.driftless.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryKind;
import dev.driftless.events.Role;
import dev.driftless.schemas.GoldenEvents.GoldenEvent;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumReader;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What was ever written can be read today, and what is written today is what the files say. */
class GoldenEventsTest {

  static final List<GoldenEvent> ALL = GoldenEvents.all();
  static final List<GoldenEvent> TODAY = GoldenEvents.of(current());

  @BeforeAll
  static void load() {
    TrustedClasses.load();
  }

  private static String current() {
    return GoldenEvents.VERSIONS.get(GoldenEvents.VERSIONS.size() - 1);
  }

  @Test
  void the_last_version_of_the_schema_is_what_the_code_registers() {
    Schema today = PlainSchema.of(MemoryEvent.getClassSchema());

    assertThat(GoldenEvents.schema(current()).toString(true))
        .as("changed the schema? leave %s as it is and add a version beside it", current())
        .isEqualTo(today.toString(true));
  }

  @ParameterizedTest
  @FieldSource("ALL")
  void todays_reader_reads_what_was_written_equal_to_its_json(GoldenEvent golden) throws Exception {
    SpecificDatumReader<MemoryEvent> reader =
        new SpecificDatumReader<>(
            GoldenEvents.schema(golden.version()), MemoryEvent.getClassSchema());

    MemoryEvent read = reader.read(null, DecoderFactory.get().binaryDecoder(golden.body(), null));

    assertThat(read).isEqualTo(golden.event());
    assertThat(EventJson.read(EventJson.write(read))).isEqualTo(read);
  }

  @ParameterizedTest
  @FieldSource("TODAY")
  void todays_writer_writes_the_same_bytes(GoldenEvent golden) {
    byte[] value = new EventEncoder(7).encode(golden.event());

    assertThat(HexFormat.of().formatHex(value)).isEqualTo("0000000007" + golden.avro());
  }

  @Test
  void every_event_type_has_goldens() {
    assertThat(TODAY).extracting(g -> EventType.of(g.event())).contains(EventType.values());
    assertThat(TODAY)
        .allSatisfy(g -> assertThat(g.name()).startsWith(EventType.of(g.event()).label() + "/"));
    assertThat(TODAY).extracting(GoldenEvent::name).doesNotHaveDuplicates();
  }

  @Test
  void every_optional_field_is_there_with_a_value_and_without() {
    Set<String> seen = new LinkedHashSet<>();
    TODAY.forEach(golden -> note(golden.event(), seen));

    List<String> wanted =
        Stream.concat(
                Stream.of(MemoryEvent.getClassSchema()),
                Arrays.stream(EventType.values()).map(EventType::schema))
            .flatMap(
                schema -> schema.getFields().stream().map(f -> schema.getName() + "." + f.name()))
            .toList();
    List<String> optional =
        Stream.concat(
                Stream.of(MemoryEvent.getClassSchema()),
                Arrays.stream(EventType.values()).map(EventType::schema))
            .flatMap(
                schema ->
                    schema.getFields().stream()
                        .filter(Schema.Field::hasDefaultValue)
                        .map(f -> schema.getName() + "." + f.name()))
            .toList();
    assertThat(seen).containsAll(wanted.stream().map(f -> f + " set").toList());
    assertThat(seen).containsAll(optional.stream().map(f -> f + " default").toList());
  }

  @Test
  void every_kind_and_role_is_there() {
    String json = String.join("\n", TODAY.stream().map(GoldenEvent::json).toList());

    assertThat(MemoryKind.values()).allSatisfy(k -> assertThat(json).contains("\"" + k + "\""));
    assertThat(Role.values()).allSatisfy(r -> assertThat(json).contains("\"" + r + "\""));
  }

  private static void note(IndexedRecord record, Set<String> seen) {
    for (Schema.Field field : record.getSchema().getFields()) {
      Object value = record.get(field.pos());
      boolean isDefault =
          field.hasDefaultValue()
              && java.util.Objects.equals(value, SpecificData.get().getDefaultValue(field));
      seen.add(
          record.getSchema().getName() + "." + field.name() + (isDefault ? " default" : " set"));
      if (value instanceof IndexedRecord inner) {
        note(inner, seen);
      }
    }
  }
}
