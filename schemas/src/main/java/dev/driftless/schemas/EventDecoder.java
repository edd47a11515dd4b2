package dev.driftless.schemas;

import dev.driftless.events.MemoryEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericContainer;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * Bytes in the Confluent wire format to events, whatever version of the schema they were written
 * with. Safe to share between threads.
 */
public final class EventDecoder {

  private static final int HEAD = 5;

  static {
    TrustedClasses.load();
  }

  private final EventRegistry registry;
  private final Map<Integer, SpecificDatumReader<MemoryEvent>> readers = new ConcurrentHashMap<>();

  public EventDecoder(EventRegistry registry) {
    this.registry = registry;
  }

  /**
   * Asks the registry for the schema of this value if it is not known yet, so that {@link #decode}
   * need not. Says nothing of values that cannot be decoded.
   *
   * @throws RegistryUnavailableException if the registry cannot be asked
   */
  public void prepare(byte @Nullable [] value) {
    try {
      reader(schemaId(checked(value)));
    } catch (UndecodableException e) {
      // decode will say so, where the record can be set aside
    }
  }

  /**
   * The event in these bytes.
   *
   * @throws UndecodableException if there is none
   * @throws RegistryUnavailableException if the registry has to be asked and cannot be
   */
  public MemoryEvent decode(byte @Nullable [] value) throws UndecodableException {
    byte[] bytes = checked(value);
    SpecificDatumReader<MemoryEvent> reader = reader(schemaId(bytes));
    MemoryEvent event = read(reader, bytes);
    if (!(event.getPayload() instanceof SpecificRecord)) {
      String name =
          event.getPayload() instanceof GenericContainer payload
              ? payload.getSchema().getFullName()
              : String.valueOf(event.getPayload());
      throw new UndecodableException(
          "the payload " + name + " is not known to this version of the reader");
    }
    return event;
  }

  private static MemoryEvent read(SpecificDatumReader<MemoryEvent> reader, byte[] bytes)
      throws UndecodableException {
    try {
      BinaryDecoder in = DecoderFactory.get().binaryDecoder(bytes, HEAD, bytes.length - HEAD, null);
      MemoryEvent event = reader.read(null, in);
      if (!in.isEnd()) {
        throw new UndecodableException("bytes are left over behind the event");
      }
      return event;
    } catch (IOException | RuntimeException e) {
      // whatever Avro throws here comes from these bytes: all else was asked for before
      throw new UndecodableException("not Avro of schema id " + schemaId(bytes) + ": " + e, e);
    }
  }

  private SpecificDatumReader<MemoryEvent> reader(int schemaId) throws UndecodableException {
    SpecificDatumReader<MemoryEvent> known = readers.get(schemaId);
    if (known != null) {
      return known;
    }
    Schema written = registry.schema(schemaId);
    SpecificDatumReader<MemoryEvent> reader =
        new SpecificDatumReader<>(written, ReaderSchema.of(written));
    readers.put(schemaId, reader);
    return reader;
  }

  private static byte[] checked(byte @Nullable [] value) throws UndecodableException {
    if (value == null) {
      throw new UndecodableException("the record has no value");
    }
    if (value.length < HEAD || value[0] != 0) {
      throw new UndecodableException(
          "not in the Confluent wire format (a zero byte, then a schema id of four bytes)");
    }
    return value;
  }

  private static int schemaId(byte[] value) {
    return ByteBuffer.wrap(value, 1, 4).getInt();
  }
}
