package dev.driftless.projectors;

import java.util.List;

/**
 * Records of one partition, in offset order, with the positions before and after them.
 *
 * @param epoch under which to write
 * @param from the offset that the store holds as its position before this batch
 * @param to the position after it; beyond the last record where only control records follow
 * @param records every record from {@code from} to {@code to}, also those that change no view but
 *     audit; may be empty
 */
public record Batch(int partition, long epoch, long from, Position to, List<LogRecord> records) {

  public Batch {
    records = List.copyOf(records);
  }

  /** The records that change views, in offset order. */
  public List<LogRecord> events() {
    return records.stream().filter(r -> r.disposition() == Disposition.APPLY).toList();
  }

  /** {@link #events()} of each of the batches, one after the other. */
  public static List<LogRecord> events(List<Batch> batches) {
    return batches.stream().flatMap(batch -> batch.events().stream()).toList();
  }
}
