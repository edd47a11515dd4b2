package dev.driftless.projectors.cache;

import dev.driftless.projectors.Entity;
import dev.driftless.schemas.Names;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One call of {@code read.lua}: some entities of one subject, and what it answered. */
final class SubjectRead {

  /**
   * What is held of an entity.
   *
   * @param asOf the rows show exactly the entity's events below this offset
   */
  record Found(long asOf, List<HeldItem> items) {}

  private static final int PLACES_FROM = 4;

  private final Names names;
  private final Map<String, Integer> keys = new LinkedHashMap<>();
  private final List<String> arguments = new ArrayList<>();
  private final Map<Entity, List<Place>> places = new LinkedHashMap<>();

  SubjectRead(Names names, int partition, Entity ofSubject) {
    this.names = names;
    index(CacheKeys.position(names, partition));
    index(CacheKeys.of(names, ofSubject.tenant(), ofSubject.subject()).applied());
  }

  void add(Entity entity) {
    List<Place> of = Place.of(names, entity);
    places.put(entity, of);
    for (Place place : of) {
      arguments.add(Integer.toString(index(place.key())));
      arguments.add(place.shape().type());
      arguments.add(place.shape().read());
      arguments.add(place.member());
    }
  }

  int entities() {
    return places.size();
  }

  ScriptCall call() {
    return new ScriptCall(List.copyOf(keys.keySet()), arguments);
  }

  /**
   * Which events the data show: all below the position, for that follows them, and all up to the
   * last applied, for those are applied in order.
   */
  Map<Entity, Found> found(List<Object> answer) {
    long asOf = Math.max(offset(answer.get(0), 0), offset(answer.get(1), -1) + 1);
    Instant now =
        Instant.ofEpochSecond(
            Long.parseLong((String) answer.get(2)), Long.parseLong((String) answer.get(3)) * 1_000);
    Map<Entity, Found> found = new LinkedHashMap<>();
    int at = PLACES_FROM;
    for (Map.Entry<Entity, List<Place>> entity : places.entrySet()) {
      List<Place> of = entity.getValue();
      List<Object> held = answer.subList(at, at + of.size());
      List<Stored> stored =
          IntStream.range(0, of.size()).mapToObj(i -> stored(of.get(i), held.get(i), now)).toList();
      found.put(entity.getKey(), new Found(asOf, HeldItems.of(of, stored)));
      at += of.size();
    }
    return found;
  }

  private int index(String key) {
    return keys.computeIfAbsent(key, k -> keys.size() + 1);
  }

  private static Stored stored(Place place, Object answer, Instant now) {
    List<?> key = (List<?>) answer;
    long lives = (Long) key.get(1);
    return new Stored(
        (String) key.get(0), lives < 0 ? null : now.plusMillis(lives), entries(place, key.get(2)));
  }

  private static Map<String, List<String>> entries(Place place, @Nullable Object held) {
    Map<String, List<String>> entries = new LinkedHashMap<>();
    if (held instanceof String value) {
      entries.put(place.member(), List.of(value));
    } else if (held instanceof List<?> list && place.shape() == Place.Shape.STREAM) {
      list.forEach(entry -> entries.put(text((List<?>) entry, 0), texts(((List<?>) entry).get(1))));
    } else if (held instanceof List<?> list) {
      for (int i = 0; i < list.size(); i += 2) {
        entries.put(text(list, i), List.of(text(list, i + 1)));
      }
    }
    return entries;
  }

  private static String text(List<?> list, int i) {
    return (String) list.get(i);
  }

  private static List<String> texts(Object list) {
    return ((List<?>) list).stream().map(String.class::cast).toList();
  }

  private static long offset(@Nullable Object text, long otherwise) {
    try {
      return text == null ? otherwise : Long.parseLong((String) text);
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }
}
