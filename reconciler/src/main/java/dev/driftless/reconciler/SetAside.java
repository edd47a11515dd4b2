package dev.driftless.reconciler;

import dev.driftless.projectors.runtime.DeadLetter;
import dev.driftless.projectors.runtime.DeadLetterLog;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one view set aside, asked for when a difference asks for it. Used for one check, by one
 * thread.
 */
final class SetAside {

  private final DeadLetterLog letters;
  private final String view;
  private @Nullable Map<Integer, Map<Long, String>> reasons;

  SetAside(DeadLetterLog letters, String view) {
    this.letters = letters;
    this.view = view;
  }

  /** The view may have set more aside since. */
  void refresh() {
    reasons = null;
  }

  /** Offsets of the partition that the view set aside, ever, with the reasons. */
  Map<Long, String> reasons(int partition) {
    Map<Integer, Map<Long, String>> known = reasons;
    if (known == null) {
      known = new HashMap<>();
      for (DeadLetter letter : letters.list(view)) {
        known
            .computeIfAbsent(letter.partition(), p -> new TreeMap<>())
            .put(letter.offset(), letter.reason());
      }
      reasons = known;
    }
    return known.getOrDefault(partition, Map.of());
  }
}
