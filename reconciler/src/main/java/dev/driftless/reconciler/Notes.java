package dev.driftless.reconciler;

import dev.driftless.projectors.Entity;
import dev.driftless.reconciler.log.EntityLog;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the reconciler knows from its last checks, kept beside its copy of the log. */
final class Notes {

  private final EntityLog log;

  Notes(EntityLog log) {
    this.log = log;
  }

  /** By partition, up to where the view was compared with the log. */
  Map<Integer, Long> verifiedTo(String view) {
    byte[] bytes = log.get("verified " + view);
    Map<Integer, Long> verified = new TreeMap<>();
    if (bytes != null) {
      ByteBuffer in = ByteBuffer.wrap(bytes);
      while (in.hasRemaining()) {
        verified.put(in.getInt(), in.getLong());
      }
    }
    return verified;
  }

  /** What was wrong at the last check. */
  List<Entity> open(String view) {
    byte[] bytes = log.get("open " + view);
    return bytes == null ? List.of() : EntityLog.entities(bytes);
  }

  /** The view was compared up to these positions, and is right there but for these. */
  void verified(String view, Map<Integer, Long> positions, List<Entity> open) {
    ByteBuffer out = ByteBuffer.allocate(positions.size() * (Integer.BYTES + Long.BYTES));
    positions.forEach((partition, offset) -> out.putInt(partition).putLong(offset));
    log.put("open " + view, EntityLog.bytes(open));
    log.put("verified " + view, out.array());
  }
}
