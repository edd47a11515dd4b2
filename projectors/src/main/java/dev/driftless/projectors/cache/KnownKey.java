package dev.driftless.projectors.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
import dev.driftless.schemas.Names;
import java.net.URLDecoder;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the name of a subject's key says; the reverse of {@link CacheKeys}.
 *
 * @param type that Redis should give for it
 * @param entity what it is of; of an index, without the id
 * @param index whether it holds something of many entities, each by its id
 */
record KnownKey(String key, String type, Entity entity, boolean index) {

  private static final String ID = "([^/{}:]*)";
  private static final Pattern OF_A_SUBJECT =
      Pattern.compile("\\{" + ID + "/" + ID + "}:([a-z]+)(?::" + ID + "(:[a-z-]+)?)?");

  /** Null unless the view has keys with such a name, this one's prefix taken for granted. */
  static @Nullable KnownKey of(Names names, String key) {
    Matcher parts = OF_A_SUBJECT.matcher(key.substring(CacheKeys.prefix(names).length()));
    if (!parts.matches()) {
      return null;
    }
    try {
      String id = parts.group(4);
      Entity subject =
          new Entity(Kind.SUBJECT, decoded(parts.group(1)), decoded(parts.group(2)), "", "");
      KnownKey known = new KnownKey(key, "", subject, false);
      String part = parts.group(3) + Objects.requireNonNullElse(parts.group(5), "");
      return id == null ? known.whole(part) : known.one(part, decoded(id));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** The entity that has this id in an index. */
  Entity member(String id) {
    return entity.kind() == Kind.SESSION
        ? new Entity(Kind.SESSION, entity.tenant(), entity.subject(), id, "")
        : new Entity(entity.kind(), entity.tenant(), entity.subject(), "", id);
  }

  private @Nullable KnownKey whole(String part) {
    return switch (part) {
      case "applied" -> as("string", Kind.SUBJECT, false);
      case "memories" -> as("zset", Kind.MEMORY, true);
      case "patterns", "reinforcements" -> as("hash", Kind.PATTERN, true);
      case "sessions" -> as("zset", Kind.SESSION, true);
      default -> null;
    };
  }

  private @Nullable KnownKey one(String part, String id) {
    KnownKey of =
        switch (part) {
          case "memory" -> as("hash", Kind.MEMORY, false);
          case "session", "session:open-tool-calls" -> as("hash", Kind.SESSION, false);
          case "session:messages" -> as("stream", Kind.SESSION, false);
          default -> null;
        };
    return of == null ? null : new KnownKey(key, of.type, of.member(id), false);
  }

  private KnownKey as(String type, Kind kind, boolean index) {
    return new KnownKey(
        key, type, new Entity(kind, entity.tenant(), entity.subject(), "", ""), index);
  }

  /** An id, if it is written as the projector writes it. */
  private static String decoded(String id) {
    String decoded = URLDecoder.decode(id.replace("+", "%2B"), UTF_8);
    if (!CacheKeys.encoded(decoded).equals(id)) {
      throw new IllegalArgumentException("written otherwise");
    }
    return decoded;
  }
}
