package dev.driftless.reconciler;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.projectors.Entity;
import dev.driftless.reconciler.log.EntityLog;
import dev.driftless.schemas.Names;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the reconciler knows from its last checks, kept beside its copy of the log. */
final class Notes {

  private final EntityLog log;
  private final Names names;

  /**
   * @param names whether of the generations that readers see, or of the spare ones
   */
  Notes(EntityLog log, Names names) {
    this.log = log;
    this.names = names;
  }

  /**
   * Says which generation has the view's name now; what was noted of another one as verified is
   * forgotten.
   */
  void of(String view, String generation) {
    byte[] now = generation.getBytes(UTF_8);
    if (!Arrays.equals(now, log.get("generation " + names.generation(view)))) {
      log.put("verified " + names.generation(view), new byte[0]);
      log.put("generation " + names.generation(view), now);
    }
  }

  /** By partition, up to where the view was compared with the log. */
  Map<Integer, Long> verifiedTo(String view) {
    byte[] bytes = log.get("verified " + names.generation(view));
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
    byte[] bytes = log.get("open " + names.generation(view));
    return bytes == null ? List.of() : EntityLog.entities(bytes);
  }

  /** The view was compared up to these positions, and is right there but for these. */
  void verified(String view, Map<Integer, Long> positions, List<Entity> open) {
    ByteBuffer out = ByteBuffer.allocate(positions.size() * (Integer.BYTES + Long.BYTES));
    positions.forEach((partition, offset) -> out.putInt(partition).putLong(offset));
    log.put("open " + names.generation(view), EntityLog.bytes(open));
    log.put("verified " + names.generation(view), out.array());
  }
}
