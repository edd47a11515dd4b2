package dev.driftless.reconciler;

import dev.driftless.reconciler.Divergence.Kind;
import io.lettuce.core.Range;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Ways to spoil the views in Redis and Qdrant. */
final class StoreTamperings {

  private StoreTamperings() {}

  static List<Tampering> all() {
    List<Tampering> all = new ArrayList<>();
    cachedMemories(all);
    cachedPhantoms(all);
    cachedSessions(all);
    cachedPatterns(all);
    cachedGuards(all);
    payloads(all);
    vectors(all);
    forgottenPoints(all);
    phantomPoints(all);
    return all;
  }

  private static Tampering redis(String what, Kind kind, String key, Consumer<Stores> act) {
    return new Tampering("cache", what, kind, key, act);
  }

  private static void cachedMemories(List<Tampering> all) {
    all.add(
        redis(
            "memory deleted",
            Kind.MISSING,
            "memory acme/mia m1",
            s -> s.redis().del(s.key("mia", "memory:m1"))));
    all.add(
        redis(
            "memory edited",
            Kind.CORRUPT,
            "memory acme/mia m1",
            s -> s.redis().hset(s.key("mia", "memory:m1"), "text", "x")));
    all.add(
        redis(
            "field lost",
            Kind.CORRUPT,
            "memory acme/mia m1",
            s -> s.redis().hdel(s.key("mia", "memory:m1"), "kind")));
    all.add(
        redis(
            "field added",
            Kind.CORRUPT,
            "memory acme/mia m1",
            s -> s.redis().hset(s.key("mia", "memory:m1"), "extra", "x")));
    all.add(
        redis(
            "old version put back",
            Kind.STALE,
            "memory acme/mia m2",
            s -> s.redis().hset(s.key("mia", "memory:m2"), "offset", "0")));
  }

  private static void cachedPhantoms(List<Tampering> all) {
    all.add(
        redis(
            "taken off the index",
            Kind.MISSING,
            "memory acme/mia m1 (memories)",
            s -> s.redis().zrem(s.key("mia", "memories"), "m1")));
    all.add(
        redis(
            "phantom memory",
            Kind.PHANTOM,
            "memory acme/mia ghost",
            s -> s.redis().hset(s.key("mia", "memory:ghost"), "text", "x")));
    all.add(
        redis(
            "phantom in the index",
            Kind.PHANTOM,
            "memory acme/mia spectre",
            s -> s.redis().zadd(s.key("mia", "memories"), Double.POSITIVE_INFINITY, "spectre")));
    all.add(
        redis(
            "key persisted past its life",
            Kind.CORRUPT,
            "memory acme/mia m3",
            s -> s.redis().persist(s.key("mia", "memory:m3"))));
    all.add(
        redis(
            "life shortened",
            Kind.CORRUPT,
            "session acme/mia s1",
            s -> s.redis().expire(s.key("mia", "session:s1"), 600)));
  }

  private static void cachedSessions(List<Tampering> all) {
    all.add(
        redis(
            "session deleted",
            Kind.MISSING,
            "session acme/mia s1",
            s -> s.redis().del(s.key("mia", "session:s1"))));
    all.add(
        redis(
            "message deleted",
            Kind.MISSING,
            "session acme/mia s1 (messages@",
            s -> {
              String key = s.key("mia", "session:s1:messages");
              s.redis().xdel(key, s.redis().xrange(key, Range.unbounded()).get(0).getId());
            }));
    all.add(
        redis(
            "open call lost",
            Kind.MISSING,
            "session acme/mia s1 (open-tool-calls@c2",
            s -> s.redis().hdel(s.key("mia", "session:s1:open-tool-calls"), "c2")));
    all.add(
        redis(
            "settled call reopened",
            Kind.PHANTOM,
            "session acme/mia s1 (open-tool-calls@c1",
            s ->
                s.redis()
                    .hset(
                        s.key("mia", "session:s1:open-tool-calls"),
                        "c1",
                        s.redis().hget(s.key("mia", "session:s1:open-tool-calls"), "c2"))));
  }

  private static void cachedPatterns(List<Tampering> all) {
    all.add(
        redis(
            "pattern lost",
            Kind.MISSING,
            "pattern acme/mia p1",
            s -> s.redis().hdel(s.key("mia", "patterns"), "p1")));
    all.add(
        redis(
            "pattern edited",
            Kind.CORRUPT,
            "pattern acme/mia p1",
            s ->
                s.redis()
                    .hset(
                        s.key("mia", "patterns"),
                        "p1",
                        s.redis()
                            .hget(s.key("mia", "patterns"), "p1")
                            .replace("window", "aisle"))));
    all.add(
        redis(
            "pattern counted wrongly",
            Kind.CORRUPT,
            "pattern acme/mia p1",
            s -> s.redis().hincrby(s.key("mia", "reinforcements"), "p1", 5)));
    all.add(
        redis(
            "retired pattern revived",
            Kind.PHANTOM,
            "pattern acme/mia p2",
            s ->
                s.redis()
                    .hset(
                        s.key("mia", "patterns"),
                        "p2",
                        s.redis().hget(s.key("mia", "patterns"), "p1"))));
  }

  private static void cachedGuards(List<Tampering> all) {
    all.add(
        redis(
            "guard moved up",
            Kind.CORRUPT,
            "subject acme/mia",
            s -> s.redis().incrby(s.key("mia", "applied"), 1_000_000)));
    all.add(
        redis(
            "guard moved back",
            Kind.STALE,
            "subject acme/mia",
            s -> s.redis().set(s.key("mia", "applied"), "0")));
    all.add(
        redis(
            "key of another type",
            Kind.CORRUPT,
            "memory acme/mia m1",
            s -> {
              s.redis().del(s.key("mia", "memory:m1"));
              s.redis().set(s.key("mia", "memory:m1"), "x");
            }));
    all.add(
        redis("stray key", Kind.PHANTOM, "stray", s -> s.redis().set(s.key("mia", "backup"), "x")));
    all.add(
        redis(
            "subject of nobody",
            Kind.PHANTOM,
            "memory acme/nobody m1",
            s -> s.redis().hset(s.key("nobody", "memory:m1"), "text", "x")));
  }

  private static Tampering qdrant(String what, Kind kind, String key, Consumer<Stores> act) {
    return new Tampering("vector", what, kind, key, act);
  }

  private static void payloads(List<Tampering> all) {
    String points = "{\"points\":[\"" + Stores.point("mia", "m1") + "\"]";
    String wait = "?wait=true";
    all.add(
        qdrant(
            "point deleted",
            Kind.MISSING,
            "memory acme/mia m1",
            s -> s.qdrant("POST", "/points/delete" + wait, points + "}")));
    all.add(
        qdrant(
            "payload edited",
            Kind.CORRUPT,
            "memory acme/mia m1",
            s ->
                s.qdrant(
                    "POST", "/points/payload" + wait, points + ",\"payload\":{\"text\":\"x\"}}")));
    all.add(
        qdrant(
            "payload field lost",
            Kind.CORRUPT,
            "memory acme/mia m1",
            s ->
                s.qdrant(
                    "POST", "/points/payload/delete" + wait, points + ",\"keys\":[\"kind\"]}")));
    all.add(
        qdrant(
            "payload field added",
            Kind.CORRUPT,
            "memory acme/mia m1",
            s ->
                s.qdrant(
                    "POST", "/points/payload" + wait, points + ",\"payload\":{\"extra\":1}}")));
  }

  private static void vectors(List<Tampering> all) {
    String points = "{\"points\":[\"" + Stores.point("mia", "m1") + "\"]";
    String wait = "?wait=true";
    all.add(
        qdrant(
            "vector replaced",
            Kind.CORRUPT,
            "memory acme/mia m1",
            s ->
                s.qdrant(
                    "PUT",
                    "/points/vectors" + wait,
                    "{\"points\":[{\"id\":\""
                        + Stores.point("mia", "m1")
                        + "\",\"vector\":"
                        + unit()
                        + "}]}")));
    all.add(
        qdrant(
            "vector removed",
            Kind.CORRUPT,
            "memory acme/mia m1",
            s ->
                s.qdrant("POST", "/points/vectors/delete" + wait, points + ",\"vector\":[\"\"]}")));
    all.add(
        qdrant(
            "old version put back",
            Kind.STALE,
            "memory acme/mia m2",
            s ->
                s.qdrant(
                    "POST",
                    "/points/payload" + wait,
                    "{\"points\":[\""
                        + Stores.point("mia", "m2")
                        + "\"],\"payload\":{\"offset\":0,\"version\":0,\"text\":\"is vegetarian\"}}")));
    all.add(
        qdrant(
            "offset beyond the log",
            Kind.CORRUPT,
            "memory acme/mia m1",
            s ->
                s.qdrant(
                    "POST",
                    "/points/payload" + wait,
                    points + ",\"payload\":{\"offset\":99999999}}")));
    all.add(
        qdrant(
            "epoch beyond all clocks",
            Kind.CORRUPT,
            "memory acme/mia m1",
            s ->
                s.qdrant(
                    "POST",
                    "/points/payload" + wait,
                    points + ",\"payload\":{\"epoch\":9000000000000000,\"text\":\"x\"}}")));
  }

  private static void forgottenPoints(List<Tampering> all) {
    String wait = "?wait=true";
    all.add(
        qdrant(
            "tombstone removed",
            Kind.MISSING,
            "memory acme/mia gone",
            s ->
                s.qdrant(
                    "POST",
                    "/points/delete" + wait,
                    "{\"points\":[\"" + Stores.point("mia", "gone") + "\"]}")));
    all.add(
        qdrant(
            "forgotten memory revived",
            Kind.CORRUPT,
            "memory acme/mia gone",
            s ->
                s.qdrant(
                    "POST",
                    "/points/payload" + wait,
                    "{\"points\":[\""
                        + Stores.point("mia", "gone")
                        + "\"],\"payload\":{\"kind\":\"SEMANTIC\",\"text\":\"a secret\"}}")));
  }

  private static void phantomPoints(List<Tampering> all) {
    String wait = "?wait=true";
    all.add(
        qdrant(
            "phantom added",
            Kind.PHANTOM,
            "memory acme/mia ghost",
            s ->
                s.qdrant(
                    "PUT",
                    "/points" + wait,
                    "{\"points\":[{\"id\":\""
                        + Stores.point("mia", "ghost")
                        + "\",\"vector\":"
                        + unit()
                        + ",\"payload\":{\"tenant\":\"acme\",\"subject\":\"mia\",\"memory_id\":\"ghost\",\"kind\":\"SEMANTIC\",\"text\":\"x\"}}]}")));
    all.add(
        qdrant(
            "stray point",
            Kind.PHANTOM,
            "stray",
            s ->
                s.qdrant(
                    "PUT",
                    "/points" + wait,
                    "{\"points\":[{\"id\":\"11111111-1111-1111-1111-111111111111\",\"vector\":"
                        + unit()
                        + ",\"payload\":{\"kind\":\"SEMANTIC\"}}]}")));
  }

  private static String unit() {
    StringBuilder vector = new StringBuilder("[1");
    for (int i = 1; i < 384; i++) {
      vector.append(",0");
    }
    return vector.append(']').toString();
  }
}
