package dev.driftless.bench.chaos;

import dev.driftless.bench.chaos.check.Acknowledged;
import dev.driftless.bench.chaos.check.Written;
import dev.driftless.events.MemoryEvent;
import dev.driftless.producer.Receipt;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;

/** What the writers did and were told. Safe for several threads. */
final class Journal {

  private final Map<String, List<Acknowledged>> acknowledged = new HashMap<>();
  private final Map<String, Integer> attempts = new HashMap<>();

  synchronized void attempted(MemoryEvent event) {
    attempts.merge(Written.key(whose(event), event.getEventId()), 1, Integer::sum);
  }

  /** In the order of the appends of a subject. */
  synchronized void acknowledged(MemoryEvent event, Receipt receipt) {
    String whose = whose(event);
    acknowledged
        .computeIfAbsent(whose, w -> new ArrayList<>())
        .add(
            new Acknowledged(
                whose,
                event.getEventId(),
                receipt.partition(),
                receipt.offset(),
                ByteBuffer.wrap(avro(event))));
  }

  synchronized Written written() {
    return new Written(Map.copyOf(acknowledged), Map.copyOf(attempts));
  }

  private static byte[] avro(MemoryEvent event) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
      new SpecificDatumWriter<>(MemoryEvent.class).write(event, encoder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static String whose(MemoryEvent event) {
    return event.getTenant() + "/" + event.getSubject();
  }
}
