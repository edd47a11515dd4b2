package dev.driftless.projectors.cache;

import dev.driftless.projectors.cache.Place.Shape;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The rows of an entity, from what is held, or should be held, at its places. */
final class HeldItems {

  private HeldItems() {}

  /** In the order of the places. */
  static List<HeldItem> of(List<Place> places, List<Stored> stored) {
    List<HeldItem> items = new ArrayList<>();
    for (int i = 0; i < places.size(); i++) {
      Place place = places.get(i);
      Stored held = stored.get(i);
      if (held.isAbsent()) {
        continue;
      }
      items.addAll(of(place, held));
    }
    return items;
  }

  private static List<HeldItem> of(Place place, Stored held) {
    if (place.shape() == Shape.STRAY) {
      boolean right = held.type().equals(place.member());
      return right ? List.of() : List.of(ofAnotherType(place, held));
    }
    if (!held.type().equals(place.shape().type())) {
      return List.of(ofAnotherType(place, held));
    }
    return switch (place.shape()) {
      case STRING -> List.of(string(place, held));
      case HASH -> List.of(hash(place, held));
      case MEMBER, MORTAL_MEMBER -> member(place, held);
      case STREAM ->
          withLife(place, held, held.entries().entrySet().stream().map(e -> message(place, e)));
      case HASH_OF_ROWS ->
          withLife(
              place, held, held.entries().entrySet().stream().map(e -> openToolCall(place, e)));
      case FIELD -> field(place, held);
      case STRAY -> throw new IllegalStateException("dealt with above");
    };
  }

  private static HeldItem ofAnotherType(Place place, Stored held) {
    return new HeldItem(place.name(), -1, held.goneAt(), Map.of("is a", held.type()));
  }

  private static List<HeldItem> field(Place place, Stored held) {
    String value = held.value(place.member());
    return value == null
        ? List.of()
        : List.of(
            new HeldItem(place.name(), offset(json(value)), held.goneAt(), Map.of("value", value)));
  }

  private static HeldItem string(Place place, Stored held) {
    String value = Objects.requireNonNullElse(held.value(""), "");
    Long offset = number(value);
    return new HeldItem(
        place.name(), offset == null ? -1 : offset, held.goneAt(), Map.of("value", value));
  }

  private static HeldItem hash(Place place, Stored held) {
    Map<String, String> fields = new LinkedHashMap<>();
    held.entries().forEach((field, value) -> fields.put(field, value.get(0)));
    return new HeldItem(place.name(), offset(fields), held.goneAt(), fields);
  }

  private static List<HeldItem> member(Place place, Stored held) {
    String score = held.value(place.member());
    return score == null
        ? List.of()
        : List.of(new HeldItem(place.name(), -1, earlier(expiry(score), held.goneAt()), Map.of()));
  }

  private static HeldItem message(Place place, Map.Entry<String, List<String>> entry) {
    String id = entry.getKey();
    Map<String, String> fields = new LinkedHashMap<>();
    for (Iterator<String> at = entry.getValue().iterator(); at.hasNext(); ) {
      fields.put(at.next(), at.next());
    }
    Long offset = number(id.substring(id.indexOf('-') + 1));
    return new HeldItem(
        place.name() + "@" + id, offset == null ? -1 : offset, expiresAt(fields), fields);
  }

  private static HeldItem openToolCall(Place place, Map.Entry<String, List<String>> entry) {
    String json = entry.getValue().get(0);
    Map<String, String> fields = json(json);
    return new HeldItem(
        place.name() + "@" + entry.getKey(),
        offset(fields),
        expiresAt(fields),
        Map.of("call", json));
  }

  /**
   * The rows, and one for the life of their key. Of a key that is to go it says when its last row
   * goes, if that is earlier: whether a key without live rows is still there depends on when the
   * log was applied.
   */
  private static List<HeldItem> withLife(Place place, Stored held, Stream<HeldItem> rows) {
    List<HeldItem> items = new ArrayList<>(rows.toList());
    Instant last =
        items.stream()
            .map(HeldItem::goneAt)
            .filter(Objects::nonNull)
            .max(Instant::compareTo)
            .orElse(null);
    Instant goneAt = held.goneAt() == null ? null : earlier(last, held.goneAt());
    items.add(new HeldItem(place.name(), -1, goneAt, Map.of()));
    return items;
  }

  private static @Nullable Instant earlier(@Nullable Instant a, @Nullable Instant b) {
    if (a == null || b == null) {
      return a == null ? b : a;
    }
    return a.isBefore(b) ? a : b;
  }

  private static @Nullable Instant expiry(String score) {
    return switch (score) {
      case "inf", "+inf" -> null;
      case "-inf" -> Instant.EPOCH;
      default -> Instant.ofEpochMilli((long) Double.parseDouble(score));
    };
  }

  private static long offset(Map<String, String> fields) {
    Long offset = number(fields.get("offset"));
    return offset == null ? -1 : offset;
  }

  private static @Nullable Instant expiresAt(Map<String, String> fields) {
    Long ms = number(fields.get("expiresAt"));
    return ms == null ? null : Instant.ofEpochMilli(ms);
  }

  /** Its fields; none if this is not what the projector writes. */
  private static Map<String, String> json(@Nullable String json) {
    try {
      return json == null ? Map.of() : Row.of(json).fields();
    } catch (IllegalStateException e) {
      return Map.of();
    }
  }

  private static @Nullable Long number(@Nullable String text) {
    try {
      return text == null ? null : Long.valueOf(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
