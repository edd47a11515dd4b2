package dev.driftless.reconciler;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.runtime.DeadLetter;
import dev.driftless.projectors.runtime.DeadLetterLog;
import dev.driftless.reconciler.log.EntityLog;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a view set aside, asked for when the first difference asks for it. Used for one check of one
 * view, by one thread.
 */
final class SetAside {

  private final DeadLetterLog letters;
  private @Nullable Map<Entity, String> reasons;

  SetAside(DeadLetterLog letters) {
    this.letters = letters;
  }

  /** Why an event of this entity was set aside; null if none was. */
  @Nullable String reason(Inspector view, Entity entity, EntityLog log, int partitions) {
    if (entity.kind() == Kind.STRAY || entity.kind() == Kind.POSITION) {
      return null;
    }
    Map<Entity, String> known = reasons(view.view());
    if (known.isEmpty()) {
      return null;
    }
    int partition = entity.partition(partitions);
    List<Long> offsets = log.offsets(view, entity, partition, Long.MAX_VALUE);
    return offsets.stream()
        .map(offset -> known.get(Entity.record(partition, offset)))
        .filter(reason -> reason != null)
        .findFirst()
        .orElse(null);
  }

  private Map<Entity, String> reasons(String view) {
    Map<Entity, String> known = reasons;
    if (known == null) {
      known = new HashMap<>();
      for (DeadLetter letter : letters.list(view)) {
        known.put(Entity.record(letter.partition(), letter.offset()), letter.reason());
      }
      reasons = known;
    }
    return known;
  }
}
