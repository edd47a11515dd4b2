package dev.driftless.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.events.MemoryEvent;
import java.util.Arrays;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;

class EventTypeTest {

  @Test
  void every_payload_of_the_schema_is_an_event_type() {
    assertThat(Arrays.stream(EventType.values()).map(EventType::label))
        .containsExactlyElementsOf(
            MemoryEvent.getClassSchema().getField("payload").schema().getTypes().stream()
                .map(Schema::getName)
                .toList());
  }
}
