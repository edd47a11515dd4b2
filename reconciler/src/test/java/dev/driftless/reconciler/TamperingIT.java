package dev.driftless.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.reconciler.Divergence.Failure;
import dev.driftless.reconciler.Divergence.Kind;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever is done to a store behind its projector's back is found by the next deep check, named
 * rightly, mended through the projector, and gone at the check after that.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TamperingIT {

  /**
   * One way to spoil a view.
   *
   * @param kind as which it must be found
   * @param key part of the key that must be named
   */
  private record Tampering(String view, String what, Kind kind, String key, Consumer<Stores> act) {

    @Override
    public String toString() {
      return view + ": " + what;
    }
  }

  private static final String MIA = "tenant = 'acme' AND subject = 'mia'";
  private static final String LAST_RECORD =
      "(log_partition, log_offset) = (SELECT log_partition, max(log_offset) FROM A.records GROUP BY 1 ORDER BY 1 LIMIT 1)";

  private final KeptViews views = new KeptViews();
  private final Stores stores = new Stores(views);
  private Reconciler reconciler;

  @BeforeAll
  void fill() {
    views.start();
    views.publish(Events.everything("mia"));
    views.publish(Events.everything("ada"));
    views.publish(Events.stream(new Random(7), 12, 600));
    views.awaitCaughtUp();
    reconciler = views.reconciler("tampering");
    Report clean = reconciler.check(views(), true);
    assertThat(clean.views()).allSatisfy(view -> assertThat(view.divergences()).isEmpty());
    assertThat(clean.exitCode()).isZero();
  }

  @AfterAll
  void close() {
    reconciler.close();
    stores.close();
    views.close();
  }

  @ParameterizedTest
  @MethodSource("tamperings")
  void is_found_named_mended_and_gone(Tampering tampering) throws Exception {
    tampering.act.accept(stores);
    Report found = check(tampering.view);
    ViewReport view = found.views().get(0);
    assertThat(found.exitCode()).isEqualTo(1);
    assertThat(view.divergences())
        .anySatisfy(
            divergence -> {
              assertThat(divergence.key()).contains(tampering.key);
              assertThat(divergence.kind()).isEqualTo(tampering.kind);
            })
        .hasSizeLessThanOrEqualTo(3) // a pattern's document, a session's message and its key
        .allSatisfy(
            divergence -> {
              assertThat(divergence.failure()).isEqualTo(failure(tampering.view));
              assertThat(divergence.key())
                  .containsAnyOf("acme/mia", "acme/nobody", "evil/twin", "record ", "stray ");
            });
    RepairReport repaired = reconciler.repair(found, views.limits(5)).get(0);
    assertThat(repaired.refused()).isNull();
    assertThat(repaired.left()).isEmpty();
    if (tampering.kind == Kind.PHANTOM) {
      assertThat(Files.readAllLines(repaired.export())).isNotEmpty();
    }
    Report after = check(tampering.view);
    assertThat(after.views().get(0).divergences()).isEmpty();
    assertThat(after.exitCode()).isZero();
  }

  @Test
  void an_untouched_view_is_clean() {
    assertThat(reconciler.check(views(), true).exitCode()).isZero();
  }

  private Report check(String view) {
    return reconciler.check(List.of(view), true);
  }

  private static List<String> views() {
    return dev.driftless.projectors.app.Views.names();
  }

  private static Failure failure(String view) {
    return switch (view) {
      case "vector" -> Failure.SEMANTIC_DRIFT;
      case "relational" -> Failure.LOG_REALITY_DIVERGENCE;
      case "audit" -> Failure.AUDIT_GAP;
      default -> Failure.CONTEXT_DESYNC;
    };
  }

  private static List<Tampering> tamperings() {
    List<Tampering> all = new ArrayList<>();
    relational(all);
    context(all);
    audit(all);
    cache(all);
    vector(all);
    return all;
  }

  private static Tampering sql(String view, String what, Kind kind, String key, String... sql) {
    return new Tampering(
        view,
        what,
        kind,
        key,
        stores -> {
          for (String statement : sql) {
            assertThat(stores.sql(statement)).as(statement).isNotZero();
          }
        });
  }

  private static void relational(List<Tampering> all) {
    String view = "relational";
    String m1 = MIA + " AND memory_id = 'm1'";
    all.add(
        sql(
            view,
            "row deleted",
            Kind.MISSING,
            "memory acme/mia m1 (memories)",
            "DELETE FROM R.memories WHERE " + m1));
    all.add(
        sql(
            view,
            "row edited",
            Kind.CORRUPT,
            "memory acme/mia m1",
            "UPDATE R.memories SET text = 'prefers the aisle' WHERE " + m1));
    all.add(
        sql(
            view,
            "row edited with its hash",
            Kind.CORRUPT,
            "memory acme/mia m1",
            "UPDATE R.memories m SET text = o.text, content_hash = o.content_hash FROM R.memories o WHERE o.tenant = 'acme' AND o.subject = 'mia' AND o.memory_id = 'm2' AND m.tenant = 'acme' AND m.subject = 'mia' AND m.memory_id = 'm1'"));
    all.add(
        sql(
            view,
            "agent edited",
            Kind.CORRUPT,
            "memory acme/mia m1",
            "UPDATE R.memories SET agent = 'mallory' WHERE " + m1));
    all.add(
        sql(
            view,
            "field lost",
            Kind.CORRUPT,
            "memory acme/mia m1",
            "UPDATE R.memories SET attributes = '{}' WHERE " + m1));
    all.add(
        sql(
            view,
            "expiry lost",
            Kind.CORRUPT,
            "memory acme/mia m3",
            "UPDATE R.memories SET expires_at = NULL WHERE " + MIA + " AND memory_id = 'm3'"));
    all.add(
        sql(
            view,
            "expiry made endless",
            Kind.CORRUPT,
            "memory acme/mia m3",
            "UPDATE R.memories SET expires_at = 'infinity' WHERE "
                + MIA
                + " AND memory_id = 'm3'"));
    all.add(
        sql(
            view,
            "old version put back",
            Kind.STALE,
            "memory acme/mia m2",
            "UPDATE R.memories m SET text = v.text, content_hash = v.content_hash, log_offset = v.log_offset, revised_at = v.valid_from FROM R.memory_versions v WHERE v.valid_to IS NOT NULL AND v.tenant = m.tenant AND v.subject = m.subject AND v.memory_id = m.memory_id AND m.tenant = 'acme' AND m.subject = 'mia' AND m.memory_id = 'm2'"));
    all.add(
        sql(
            view,
            "phantom added",
            Kind.PHANTOM,
            "memory acme/mia ghost",
            "INSERT INTO R.memories SELECT tenant, subject, 'ghost', kind, text, attributes, agent, session, recorded_at, revised_at, expires_at, log_partition, log_offset, content_hash FROM R.memories WHERE "
                + m1));
    all.add(
        sql(
            view,
            "phantom of an unknown subject",
            Kind.PHANTOM,
            "memory evil/twin m1",
            "INSERT INTO R.memories SELECT 'evil', 'twin', memory_id, kind, text, attributes, agent, session, recorded_at, revised_at, expires_at, log_partition, log_offset, content_hash FROM R.memories WHERE "
                + m1));
    all.add(
        sql(
            view,
            "forgotten memory revived",
            Kind.PHANTOM,
            "memory acme/mia gone",
            "INSERT INTO R.memories SELECT tenant, subject, 'gone', kind, text, attributes, agent, session, recorded_at, revised_at, expires_at, log_partition, log_offset, content_hash FROM R.memories WHERE "
                + m1));
    all.add(
        sql(
            view,
            "version deleted",
            Kind.MISSING,
            "memory acme/mia m2 (memory_versions@",
            "DELETE FROM R.memory_versions WHERE valid_to IS NOT NULL AND "
                + MIA
                + " AND memory_id = 'm2'"));
    all.add(
        sql(
            view,
            "version reopened",
            Kind.CORRUPT,
            "memory acme/mia m2 (memory_versions@",
            "UPDATE R.memory_versions SET valid_to = NULL, valid_to_offset = NULL WHERE valid_to IS NOT NULL AND "
                + MIA
                + " AND memory_id = 'm2'"));
    all.add(
        sql(
            view,
            "message deleted",
            Kind.MISSING,
            "message acme/mia s1 msg1",
            "DELETE FROM R.messages WHERE message_id = 'msg1' AND " + MIA));
    all.add(
        sql(
            view,
            "outcome of a call edited",
            Kind.CORRUPT,
            "tool call acme/mia s1 c1",
            "UPDATE R.tool_calls SET result = '14F' WHERE tool_call_id = 'c1' AND " + MIA));
    all.add(
        sql(
            view,
            "session reopened",
            Kind.CORRUPT,
            "session acme/mia s0",
            "UPDATE R.sessions SET ended_at = NULL, end_reason = NULL WHERE session = 's0' AND "
                + MIA));
    all.add(
        sql(
            view,
            "checkpoint lost",
            Kind.MISSING,
            "checkpoint acme/mia s1 step-1",
            "DELETE FROM R.checkpoints WHERE step = 'step-1' AND " + MIA));
    all.add(
        sql(
            view,
            "offset edited",
            Kind.CORRUPT,
            "memory acme/mia m1",
            "UPDATE R.memories SET log_offset = log_offset + 1000 WHERE " + m1));
    all.add(
        sql(
            view,
            "moved to another partition",
            Kind.CORRUPT,
            "memory acme/mia m1",
            "UPDATE R.memories SET log_partition = 1 - log_partition WHERE " + m1));
  }

  private static void context(List<Tampering> all) {
    String view = "context";
    String p1 = MIA + " AND pattern_id = 'p1'";
    all.add(
        sql(
            view,
            "pattern deleted",
            Kind.MISSING,
            "pattern acme/mia p1",
            "DELETE FROM C.patterns WHERE " + p1));
    all.add(
        sql(
            view,
            "pattern edited",
            Kind.CORRUPT,
            "pattern acme/mia p1",
            "UPDATE C.patterns SET statement = 'likes the aisle' WHERE " + p1));
    all.add(
        sql(
            view,
            "reinforcement lost",
            Kind.CORRUPT,
            "pattern acme/mia p1",
            "UPDATE C.patterns SET reinforcements = 1 WHERE " + p1));
    all.add(
        sql(
            view,
            "confidence changed a little",
            Kind.CORRUPT,
            "pattern acme/mia p1",
            "UPDATE C.patterns SET confidence = confidence + 1e-12 WHERE " + p1));
    all.add(
        sql(
            view,
            "old pattern put back",
            Kind.STALE,
            "pattern acme/mia p1",
            "UPDATE C.patterns SET statement = 'likes the window', log_offset = log_offset - 1, reinforcements = 1 WHERE "
                + p1));
    all.add(
        sql(
            view,
            "retired pattern revived",
            Kind.PHANTOM,
            "pattern acme/mia p2",
            "INSERT INTO C.patterns SELECT tenant, subject, 'p2', statement, confidence, evidence, reinforcements, learned_at, reinforced_at, log_partition, log_offset, content_hash FROM C.patterns WHERE "
                + p1));
    all.add(
        sql(
            view,
            "evidence lost",
            Kind.CORRUPT,
            "pattern acme/mia p1",
            "UPDATE C.patterns SET evidence = '{}' WHERE " + p1));
    all.add(
        sql(
            view,
            "memory deleted",
            Kind.MISSING,
            "memory acme/mia m1",
            "DELETE FROM C.memories WHERE " + MIA + " AND memory_id = 'm1'"));
    all.add(
        sql(
            view,
            "memory edited",
            Kind.CORRUPT,
            "memory acme/mia m1",
            "UPDATE C.memories SET text = 'x' WHERE " + MIA + " AND memory_id = 'm1'"));
    all.add(
        sql(
            view,
            "settled call reopened",
            Kind.PHANTOM,
            "tool call acme/mia s1 c1",
            "INSERT INTO C.open_tool_calls SELECT tenant, subject, session, 'c1', tool, arguments, agent, intended_at, log_partition, log_offset, content_hash FROM C.open_tool_calls WHERE tool_call_id = 'c2' AND "
                + MIA));
    all.add(
        sql(
            view,
            "open call lost",
            Kind.MISSING,
            "tool call acme/mia s1 c2",
            "DELETE FROM C.open_tool_calls WHERE tool_call_id = 'c2' AND " + MIA));
    all.add(
        sql(
            view,
            "document edited",
            Kind.CORRUPT,
            "subject acme/mia",
            "UPDATE C.documents SET document = jsonb_set(document, '{patterns}', '[]') WHERE "
                + MIA));
    all.add(
        sql(
            view,
            "document lost",
            Kind.MISSING,
            "subject acme/mia",
            "DELETE FROM C.documents WHERE " + MIA));
    all.add(
        sql(
            view,
            "document of nobody",
            Kind.PHANTOM,
            "subject acme/nobody",
            "INSERT INTO C.documents SELECT tenant, 'nobody', document, expires_at, log_partition, log_offset, content_hash FROM C.documents WHERE "
                + MIA));
    all.add(
        sql(
            view,
            "document back-dated",
            Kind.STALE,
            "subject acme/mia",
            "UPDATE C.documents SET log_offset = log_offset - 1 WHERE " + MIA));
  }

  private static void audit(List<Tampering> all) {
    String view = "audit";
    String off = "ALTER TABLE A.records DISABLE TRIGGER ALL";
    String on = "ALTER TABLE A.records ENABLE TRIGGER ALL";
    String some = "log_offset = 5 AND log_partition = 0";
    all.add(
        chained(
            "row removed",
            Kind.MISSING,
            "record 0/5",
            off,
            "DELETE FROM A.records WHERE " + some,
            on));
    all.add(
        chained(
            "last row removed",
            Kind.MISSING,
            "record 0/",
            off,
            "DELETE FROM A.records WHERE " + LAST_RECORD,
            on));
    all.add(
        chained(
            "who acted edited",
            Kind.CORRUPT,
            "record 0/5",
            off,
            "UPDATE A.records SET agent = 'mallory' WHERE " + some,
            on));
    all.add(
        chained(
            "outcome and reason rewritten",
            Kind.CORRUPT,
            "record 0/5",
            off,
            "UPDATE A.records SET outcome = 'refused', reason = 'because', event_id = NULL, event_type = NULL, agent = NULL WHERE "
                + some,
            on));
    all.add(
        chained(
            "record hash edited",
            Kind.CORRUPT,
            "record 0/5",
            off,
            "UPDATE A.records SET record_hash = sha256('x') WHERE " + some,
            on));
    all.add(
        chained(
            "chain cut",
            Kind.CORRUPT,
            "record 0/5",
            off,
            "UPDATE A.records SET prev_hash = sha256('x') WHERE " + some,
            on));
    all.add(
        chained(
            "chain grafted",
            Kind.CORRUPT,
            "record 0/5",
            off,
            "UPDATE A.records SET chain_hash = sha256(prev_hash || record_hash) WHERE " + some,
            on));
    all.add(
        chained(
            "time edited",
            Kind.CORRUPT,
            "record 0/5",
            off,
            "UPDATE A.records SET append_time = append_time - interval '1 hour' WHERE " + some,
            on));
    all.add(
        chained(
            "subject edited",
            Kind.CORRUPT,
            "record 0/5",
            off,
            "UPDATE A.records SET subject = 'someone' WHERE " + some,
            on));
    all.add(
        chained(
            "reason invented",
            Kind.CORRUPT,
            "record 0/5",
            off,
            "UPDATE A.records SET reason = 'because' WHERE " + some,
            on));
    all.add(
        chained(
            "row moved",
            Kind.PHANTOM,
            "record 0/100005",
            off,
            "UPDATE A.records SET log_offset = 100005 WHERE " + some,
            on));
    all.add(
        chained(
            "phantom added",
            Kind.PHANTOM,
            "record 1/900000",
            off,
            "INSERT INTO A.records SELECT 1, 900000, append_time, log_time, outcome, reason, event_id, event_type, occurred_at, tenant, subject, agent, session, correlation_id, causation_id, entity_ids, key_hash, record_hash, prev_hash, chain_hash, content_hash FROM A.records WHERE "
                + some,
            on));
  }

  /** Statements around one that changes rows. */
  private static Tampering chained(
      String what, Kind kind, String key, String before, String change, String after) {
    return new Tampering(
        "audit",
        what,
        kind,
        key,
        stores -> {
          stores.sql(before);
          assertThat(stores.sql(change)).as(change).isNotZero();
          stores.sql(after);
        });
  }

  private static Tampering redis(String what, Kind kind, String key, Consumer<Stores> act) {
    return new Tampering("cache", what, kind, key, act);
  }

  private static void cache(List<Tampering> all) {
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
              s.redis()
                  .xdel(
                      key, s.redis().xrange(key, io.lettuce.core.Range.unbounded()).get(0).getId());
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

  private static void vector(List<Tampering> all) {
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
