package dev.driftless.bench.faults;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the stores hold: for each store and id the hashes of the texts, in the order found, as many
 * as it holds of that id. For one thread.
 */
final class Holdings {

  private final Map<Store, Map<String, List<String>>> held = new EnumMap<>(Store.class);

  Holdings() {
    for (Store store : Store.values()) {
      held.put(store, new HashMap<>());
    }
  }

  void add(Store store, String id, String textHash) {
    in(store).computeIfAbsent(id, none -> new ArrayList<>()).add(textHash);
  }

  void remove(Store store, String id) {
    in(store).remove(id);
  }

  List<String> of(Store store, String id) {
    return in(store).getOrDefault(id, List.of());
  }

  /** All there are, in whatever store. */
  Set<String> ids() {
    Set<String> ids = new HashSet<>();
    held.values().forEach(store -> ids.addAll(store.keySet()));
    return ids;
  }

  private Map<String, List<String>> in(Store store) {
    return held.getOrDefault(store, Map.of());
  }
}
