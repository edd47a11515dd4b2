package dev.driftless.projectors.cache;

import dev.driftless.projectors.Entity;
import dev.driftless.schemas.Names;
import java.util.List;

/**
 * One place in Redis where an entity is held.
 *
 * @param name of the rows there
 * @param member field of a hash or member of a sorted set; of a stray, the type that its name asks
 *     for, if any; empty where the whole key is meant
 */
record Place(Shape shape, String name, String key, String member) {

  /** How something is held. */
  enum Shape {
    STRING("string", "GET"),
    /** A hash that is one row. */
    HASH("hash", "HGETALL"),
    /** A hash that holds a row, as a JSON object, in each field. */
    HASH_OF_ROWS("hash", "HGETALL"),
    FIELD("hash", "HGET"),
    /** A member whose score is its expiry, of a sorted set that stays. */
    MEMBER("zset", "ZSCORE"),
    /** A member whose score is its expiry, of a sorted set that goes with its last member. */
    MORTAL_MEMBER("zset", "ZSCORE"),
    STREAM("stream", "XRANGE"),
    /** What should not be there. */
    STRAY("", "");

    private final String type;
    private final String read;

    Shape(String type, String read) {
      this.type = type;
      this.read = read;
    }

    /** As Redis calls it. */
    String type() {
      return type;
    }

    /** The command that reads it. */
    String read() {
      return read;
    }
  }

  /** Where the view holds this entity. */
  static List<Place> of(Names names, Entity entity) {
    CacheKeys keys = CacheKeys.of(names, entity.tenant(), entity.subject());
    String id = entity.id();
    String session = entity.session();
    return switch (entity.kind()) {
      case SUBJECT -> List.of(new Place(Shape.STRING, "applied", keys.applied(), ""));
      case MEMORY ->
          List.of(
              new Place(Shape.MEMBER, "memories", keys.memories(), id),
              new Place(Shape.HASH, "memory", keys.memory(id), ""));
      case PATTERN ->
          List.of(
              new Place(Shape.FIELD, "patterns", keys.patterns(), id),
              new Place(Shape.FIELD, "reinforcements", keys.reinforcements(), id));
      case SESSION ->
          List.of(
              new Place(Shape.MORTAL_MEMBER, "sessions", keys.sessions(), session),
              new Place(Shape.HASH, "session", keys.session(session), ""),
              new Place(Shape.STREAM, "messages", keys.messages(session), ""),
              new Place(Shape.HASH_OF_ROWS, "open-tool-calls", keys.openToolCalls(session), ""));
      case STRAY -> List.of(stray(names, id));
      default -> throw new IllegalArgumentException("not of the cache: " + entity);
    };
  }

  private static Place stray(Names names, String key) {
    if (!key.startsWith(CacheKeys.prefix(names))) {
      throw new IllegalArgumentException("not a key of this installation: " + key);
    }
    KnownKey known = KnownKey.of(names, key);
    return new Place(Shape.STRAY, key, key, known == null ? "" : known.type());
  }
}
