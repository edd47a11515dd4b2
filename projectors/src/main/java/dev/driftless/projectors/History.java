package dev.driftless.projectors;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the log says of one entity, up to some offset: what a view holds of the entity is a function
 * of this alone.
 *
 * @param records that views apply, in offset order, from the first there ever was: of a session in
 *     the cache, those of all its messages, checkpoints and tool calls; of a {@link
 *     Entity.Kind#SUBJECT}, only the last of those that the view applies; of a {@link
 *     Entity.Kind#RECORD}, the record itself whatever its disposition. Empty if the log does not
 *     know the entity.
 * @param chainBefore of a {@link Entity.Kind#RECORD}, the hash of the audit chain before it; else
 *     null
 */
public record History(Entity entity, List<LogRecord> records, byte @Nullable [] chainBefore) {

  /** Of anything but a record. */
  public History(Entity entity, List<LogRecord> records) {
    this(entity, records, null);
  }
}
