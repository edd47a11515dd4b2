package dev.driftless.schemas;

import dev.driftless.events.MemoryEvent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumWriter;

/**
 * Events to bytes in the Confluent wire format: a zero byte, the schema id as four bytes, Avro
 * binary. Safe to share between threads.
 */
public final class EventEncoder {

  static {
    TrustedClasses.load();
  }

  /** Most events are smaller. */
  private static final int USUAL_BYTES = 512;

  /** For what is short; Avro writes what is longer than half of it past it. */
  private static final int BUFFERED_BYTES = 64;

  private static final EncoderFactory ENCODERS =
      new EncoderFactory().configureBufferSize(BUFFERED_BYTES);

  private final SpecificDatumWriter<MemoryEvent> writer =
      new SpecificDatumWriter<>(MemoryEvent.class);
  private final byte[] head;

  /**
   * @throws IllegalStateException if the schema is not registered
   * @throws RegistryUnavailableException if the registry cannot be asked
   */
  public EventEncoder(EventRegistry registry) {
    this(registry.currentId());
  }

  EventEncoder(int schemaId) {
    this.head = ByteBuffer.allocate(5).put((byte) 0).putInt(schemaId).array();
  }

  /** The record value of this event. */
  public byte[] encode(MemoryEvent event) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(USUAL_BYTES);
    bytes.writeBytes(head);
    try {
      BinaryEncoder encoder = ENCODERS.binaryEncoder(bytes, null);
      writer.write(event, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
