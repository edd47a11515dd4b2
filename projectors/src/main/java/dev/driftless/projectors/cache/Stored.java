package dev.driftless.projectors.cache;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is held at one {@link Place}.
 *
 * @param type of the key, as Redis calls it
 * @param goneAt when the whole key is dropped; null for never
 * @param entries in their order: of a hash, by field; of a member, its score; of a stream, names
 *     and values by id; of a string, its value under the empty name. Empty if the type is wrong.
 */
record Stored(String type, @Nullable Instant goneAt, Map<String, List<String>> entries) {

  static final Stored NOTHING = new Stored("none", null, Map.of());

  /** True if there is no such key. */
  boolean isAbsent() {
    return type.equals(NOTHING.type);
  }

  /** The only value of the entry; null if there is none. */
  @Nullable String value(String entry) {
    List<String> values = entries.get(entry);
    return values == null ? null : values.get(0);
  }

  /** Never what is held. */
  @Override
  public String toString() {
    return "Stored[" + type + " of " + entries.size() + "]";
  }
}
