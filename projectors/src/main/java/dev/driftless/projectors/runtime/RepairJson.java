package dev.driftless.projectors.runtime;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.History;
import dev.driftless.projectors.LogRecord;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.RegistryUnavailableException;
import dev.driftless.schemas.UndecodableException;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A repair request on its topic: one JSON object, bytes in base64, times in ISO 8601. The events
 * are not in it: the records' values are, as they were written.
 */
final class RepairJson {

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxStringLength(RepairRequests.MAX_BYTES)
                          .build())
                  .build())
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .serializationInclusion(JsonInclude.Include.NON_NULL)
          .build();

  private RepairJson() {}

  static byte[] write(RepairRequest request) {
    Written written =
        new Written(
            request.view(),
            request.topicId(),
            request.entity(),
            request.asOf(),
            request.history().chainBefore(),
            request.history().records().stream().map(Line::of).toList());
    try {
      return JSON.writeValueAsBytes(written);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("every repair request is a JSON object", e);
    }
  }

  /**
   * The request in these bytes.
   *
   * @param partition of the log and of this topic
   * @throws IOException if there is none
   * @throws UndecodableException if a record that is not refused holds no event
   * @throws RegistryUnavailableException if a schema has to be asked for and cannot be
   * @throws RuntimeException if what is there makes no request
   */
  static RepairRequest read(byte[] bytes, int partition, EventDecoder decoder)
      throws IOException, UndecodableException {
    Written written = JSON.readValue(bytes, Written.class);
    List<LogRecord> records = new ArrayList<>();
    for (Line line : written.records) {
      records.add(line.record(partition, decoder));
    }
    return new RepairRequest(
        written.view,
        written.topicId,
        written.asOf,
        new History(written.entity, records, written.chainBefore));
  }

  private record Written(
      String view,
      String topicId,
      Entity entity,
      long asOf,
      byte @Nullable [] chainBefore,
      List<Line> records) {

    Written {
      Objects.requireNonNull(view);
      Objects.requireNonNull(topicId);
      Objects.requireNonNull(entity);
      Objects.requireNonNull(records);
    }
  }

  private record Line(
      long offset,
      Instant logTime,
      Instant appendTime,
      Disposition disposition,
      @Nullable String reason,
      byte @Nullable [] key,
      byte @Nullable [] value) {

    Line {
      Objects.requireNonNull(logTime);
      Objects.requireNonNull(appendTime);
      Objects.requireNonNull(disposition);
    }

    static Line of(LogRecord r) {
      return new Line(
          r.offset(), r.logTime(), r.appendTime(), r.disposition(), r.reason(), r.key(), r.value());
    }

    LogRecord record(int partition, EventDecoder decoder) throws UndecodableException {
      return new LogRecord(
          partition, offset, logTime, appendTime, key, value, disposition, event(decoder), reason);
    }

    /** As whoever reads the log finds it: a refused record may hold an event all the same. */
    private @Nullable MemoryEvent event(EventDecoder decoder) throws UndecodableException {
      try {
        return decoder.decode(value);
      } catch (UndecodableException e) {
        if (disposition == Disposition.REFUSED) {
          return null;
        }
        throw e;
      }
    }
  }
}
