package dev.driftless.reconciler.log;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.LogRecord;
import dev.driftless.schemas.RegistryUnavailableException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Notes where records are that could not be decoded when they were copied, the first 1,000 of them:
 * once one can be, whatever came after it was judged without it. For the copy's writer.
 */
public final class UndecodedRecords {

  private static final String NOTE = "undecoded";
  private static final int MOST_BYTES = 1_000 * (Integer.BYTES + Long.BYTES);
  private static final byte[] NONE = {};

  private final EntityLog log;

  public UndecodedRecords(EntityLog log) {
    this.log = log;
  }

  /** Before the batch is copied. */
  void note(Batch batch) {
    List<LogRecord> undecoded = batch.records().stream().filter(r -> r.decoded() == null).toList();
    if (undecoded.isEmpty()) {
      return;
    }
    ByteArrayOutputStream places = new ByteArrayOutputStream();
    places.writeBytes(noted());
    for (LogRecord r : undecoded) {
      if (places.size() < MOST_BYTES) {
        places.writeBytes(LogKeys.record(r.partition(), r.offset()));
      }
    }
    log.put(NOTE, places.toByteArray());
  }

  /**
   * True if one of them can be decoded now.
   *
   * @throws RegistryUnavailableException if the registry has to be asked and cannot be
   */
  public boolean isOneReadable() {
    boolean[] readable = new boolean[1];
    ByteBuffer places = ByteBuffer.wrap(noted());
    while (places.hasRemaining() && !readable[0]) {
      int partition = places.getInt();
      long offset = places.getLong();
      log.records(partition, offset, offset + 1, r -> readable[0] = r.decoded() != null);
    }
    return readable[0];
  }

  private byte[] noted() {
    byte[] noted = log.get(NOTE);
    return noted == null ? NONE : noted;
  }
}
