package dev.driftless.projectors.cache;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Repair;
import dev.driftless.schemas.Names;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A repair as calls of {@code repair.lua}: of each entity, everything is taken away and what its
 * history leaves is written. An entity is never split between calls.
 */
final class RepairCalls {

  /** No script holds the server up for more than some milliseconds. */
  private static final int MAX_WRITES_PER_CALL = 2_000;

  private final Names names;
  private final Projection projection;
  private final Repair repair;
  private final Map<Entity, SubjectCall> open = new LinkedHashMap<>();
  private final List<SubjectCall> calls = new ArrayList<>();

  RepairCalls(Names names, Projection projection, Repair repair) {
    this.names = names;
    this.projection = projection;
    this.repair = repair;
  }

  /** What was last applied to a subject comes before what is else of it. */
  List<List<ScriptCall>> inOrder() {
    repair.histories().stream()
        .sorted(Comparator.comparing(history -> history.entity().kind() != Kind.SUBJECT))
        .forEach(this::add);
    List<List<ScriptCall>> pipelines = new ArrayList<>();
    Pipelines.split(calls, pipelines);
    return pipelines;
  }

  private void add(History history) {
    Entity subject = history.entity().ofSubject();
    SubjectCall call = open.get(subject);
    if (call == null || call.writes() >= MAX_WRITES_PER_CALL) {
      call = call(history.entity());
      open.put(subject, call);
      calls.add(call);
    }
    List<Place> places = Place.of(names, history.entity());
    List<Stored> stored = projection.of(history, places);
    for (int i = 0; i < places.size(); i++) {
      call.add(replacing(places.get(i), stored.get(i)));
    }
  }

  /** Where what was applied is itself repaired, or there is no such thing, it cannot be asked. */
  private SubjectCall call(Entity first) {
    SubjectCall call =
        new SubjectCall(
            List.of(CacheKeys.position(names, repair.partition())),
            repair.epoch(),
            repair.position());
    if (first.kind() != Kind.SUBJECT && first.kind() != Kind.STRAY) {
      String applied = CacheKeys.of(names, first.tenant(), first.subject()).applied();
      call.add(List.of(Write.of("BEHIND", applied, repair.position())));
    }
    return call;
  }

  private static List<Write> replacing(Place place, Stored stored) {
    String key = place.key();
    String type = place.shape().type();
    List<Write> writes = new ArrayList<>();
    switch (place.shape()) {
      case STRING, HASH, HASH_OF_ROWS, STREAM -> {
        writes.add(Write.of("DEL", key));
        stored.entries().forEach((entry, values) -> writes.add(entry(place, entry, values)));
        if (stored.goneAt() != null) {
          writes.add(Write.of("PEXPIREAT", key, stored.goneAt().toEpochMilli()));
        }
      }
      case FIELD, MEMBER, MORTAL_MEMBER -> {
        writes.add(Write.of("REMOVE", key, type, place.member()));
        stored.entries().forEach((entry, values) -> writes.add(entry(place, entry, values)));
        writes.add(
            Write.of(place.shape() == Place.Shape.MORTAL_MEMBER ? "OUTLIVE" : "PERSIST", key));
      }
      case STRAY -> writes.add(Write.of("STRAY", key, place.member()));
    }
    return writes;
  }

  private static Write entry(Place place, String entry, List<String> values) {
    String key = place.key();
    return switch (place.shape()) {
      case STRING -> Write.of("SET", key, values.get(0));
      case HASH, HASH_OF_ROWS, FIELD -> Write.of("HSET", key, entry, values.get(0));
      case MEMBER, MORTAL_MEMBER -> Write.of("ZADD", key, values.get(0), entry);
      case STREAM -> {
        List<String> arguments = new ArrayList<>(values);
        arguments.add(0, entry);
        yield new Write("XADD", key, arguments);
      }
      case STRAY -> throw new IllegalStateException("no history makes a stray");
    };
  }
}
