package dev.driftless.projectors.cache;

import java.time.Instant;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What {@link EventWrites} leaves in keys that were empty, without a clock: what is over is still
 * here, with its end.
 */
final class FoldedKeys {

  private static final class Key {
    final Map<String, List<String>> entries = new LinkedHashMap<>();
    @Nullable Instant goneAt;
  }

  private final Map<String, Key> keys = new HashMap<>();

  /** What is held at a place, if nothing but this was written. */
  Stored at(Place place) {
    Key key = keys.get(place.key());
    return key == null ? Stored.NOTHING : new Stored(place.shape().type(), key.goneAt, key.entries);
  }

  void write(Write write) {
    List<String> arguments = write.arguments();
    switch (write.command()) {
      case "SET" -> key(write).put("", List.of(arguments.get(0)));
      case "DEL" -> keys.remove(write.key());
      case "HSET" -> {
        for (int i = 0; i < arguments.size(); i += 2) {
          key(write).put(arguments.get(i), List.of(arguments.get(i + 1)));
        }
      }
      case "HDEL", "ZREM" -> remove(write, entry -> entry.getKey().equals(arguments.get(0)));
      case "HINCRBY" ->
          key(write).merge(arguments.get(0), arguments.subList(1, 2), FoldedKeys::sum);
      case "ZADD" -> key(write).put(arguments.get(1), List.of(arguments.get(0)));
      case "ZREMRANGEBYSCORE" -> {
        double last = score(arguments.get(1));
        remove(write, entry -> score(entry.getValue().get(0)) <= last);
      }
      case "XADD" -> {
        // MAXLEN = length id, then names and values
        Map<String, List<String>> entries = key(write);
        entries.put(arguments.get(3), arguments.subList(4, arguments.size()));
        Iterator<?> oldest = entries.entrySet().iterator();
        for (int i = entries.size(); i > Integer.parseInt(arguments.get(2)); i--) {
          oldest.next();
          oldest.remove();
        }
      }
      case "XTRIM" -> {
        // MINID = milliseconds
        long first = Long.parseLong(arguments.get(2));
        remove(write, entry -> milliseconds(entry.getKey()) < first);
      }
      case "PEXPIREAT" -> {
        Key key = keys.get(write.key());
        if (key != null) {
          key.goneAt = Instant.ofEpochMilli(Long.parseLong(arguments.get(0)));
        }
      }
      default -> throw new IllegalStateException("cannot fold " + write.command());
    }
  }

  private Map<String, List<String>> key(Write write) {
    return keys.computeIfAbsent(write.key(), k -> new Key()).entries;
  }

  /** As Redis, drops a key with its last entry. */
  private void remove(Write write, Predicate<Map.Entry<String, List<String>>> which) {
    Key key = keys.get(write.key());
    if (key != null && key.entries.entrySet().removeIf(which) && key.entries.isEmpty()) {
      keys.remove(write.key());
    }
  }

  private static List<String> sum(List<String> a, List<String> b) {
    return List.of(Long.toString(Long.parseLong(a.get(0)) + Long.parseLong(b.get(0))));
  }

  private static double score(String score) {
    return switch (score) {
      case "+inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(score);
    };
  }

  private static long milliseconds(String id) {
    return Long.parseLong(id.substring(0, id.indexOf('-')));
  }
}
