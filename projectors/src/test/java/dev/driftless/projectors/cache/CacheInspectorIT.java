package dev.driftless.projectors.cache;

import static dev.driftless.projectors.cache.Payloads.checkpoint;
import static dev.driftless.projectors.cache.Payloads.completed;
import static dev.driftless.projectors.cache.Payloads.ended;
import static dev.driftless.projectors.cache.Payloads.forgotten;
import static dev.driftless.projectors.cache.Payloads.intended;
import static dev.driftless.projectors.cache.Payloads.learned;
import static dev.driftless.projectors.cache.Payloads.recorded;
import static dev.driftless.projectors.cache.Payloads.retired;
import static dev.driftless.projectors.cache.Payloads.said;
import static dev.driftless.projectors.cache.Payloads.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.Held;
import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.Histories;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.Repair;
import io.lettuce.core.Range;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.api.sync.RedisCommands;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Each thing that can go wrong in Redis is seen, mended, and not seen again. */
class CacheInspectorIT {

  private static final Duration DAY = Duration.ofHours(24);

  private final CacheFixture cache = new CacheFixture();
  private final Projector projector = cache.open();
  private final Inspector inspector = cache.inspect(1);
  private final TestLog log = new TestLog();
  private final CacheKeys keys = CacheKeys.of(cache.names(), "acme", "mia");

  @AfterEach
  void close() {
    inspector.close();
    projector.close();
    cache.close();
  }

  @Test
  void a_field_that_was_edited() {
    assertMended(redis -> redis.hset(keys.memory("m1"), "text", "forged"), "memory m1: memory");
    assertMended(redis -> redis.hset(keys.memory("m1"), "more", ""), "memory m1: memory");
    assertMended(redis -> redis.hset(keys.session("s1"), "agent", "forger"), "session s1: session");
    assertMended(
        redis -> redis.hset(keys.openToolCalls("s1"), "c1", "not JSON"),
        "session s1: open-tool-calls@c1");
    assertMended(redis -> redis.hset(keys.patterns(), "p1", "not JSON"), "pattern p1: patterns");
  }

  @Test
  void a_count_that_was_edited() {
    assertMended(
        redis -> redis.hincrby(keys.reinforcements(), "p1", 1), "pattern p1: reinforcements");
    assertMended(redis -> redis.hdel(keys.reinforcements(), "p1"), "pattern p1: reinforcements");
    assertMended(redis -> redis.hdel(keys.patterns(), "p1"), "pattern p1: patterns");
    log.append(null, learned("p1", 1));
    assertMended(redis -> {});
    assertThat(cache.redis().hget(keys.reinforcements(), "p1")).isEqualTo("3");
  }

  @Test
  void a_key_that_should_have_gone() {
    assertMended(redis -> redis.persist(keys.memory("m2")), "memory m2: memory");
    assertMended(redis -> redis.persist(keys.session("s1")), "session s1: session");
    assertMended(redis -> redis.persist(keys.messages("s1")), "session s1: messages");
    assertMended(redis -> redis.persist(keys.openToolCalls("s1")), "session s1: open-tool-calls");
  }

  @Test
  void a_key_that_outlived_its_life() {
    Instant dies = Instant.now().plusMillis(800);
    log.at(dies.minus(DAY));
    log.append("old", said("a", "hi"));
    log.append("old", intended("c1"));
    log.append(null, recorded("m9", "soon", dies));
    log.applyTo(projector);
    cache.redis().persist(keys.session("old"));
    cache.redis().persist(keys.messages("old"));
    cache.redis().persist(keys.openToolCalls("old"));
    cache.redis().persist(keys.memory("m9"));
    await().until(() -> Instant.now().isAfter(dies.plusMillis(50)));
    assertThat(differing().values().stream().flatMap(List::stream))
        .containsExactlyInAnyOrder("session", "messages", "open-tool-calls", "memory");
    repairDiffering();
    assertThat(differing()).isEmpty();
    assertThat(cache.shown()).isEmpty();
  }

  @Test
  void a_key_that_lives_too_short() {
    assertMended(redis -> redis.expire(keys.memory("m1"), 600), "memory m1: memory");
    assertMended(redis -> redis.expire(keys.session("s1"), 600), "session s1: session");
    assertMended(redis -> redis.expire(keys.messages("s1"), 600), "session s1: messages");
    assertMended(
        redis -> redis.expire(keys.openToolCalls("s1"), 600), "session s1: open-tool-calls");
    assertMended(
        redis -> redis.expire(keys.memories(), 600), "memory m1: memories", "memory m2: memories");
    assertMended(redis -> redis.expire(keys.patterns(), 600), "pattern p1: patterns");
    assertMended(redis -> redis.expire(keys.reinforcements(), 600), "pattern p1: reinforcements");
    assertMended(
        redis -> redis.expire(keys.sessions(), 600),
        "session s1: sessions",
        "session s2: sessions");
    assertMended(redis -> redis.expire(keys.applied(), 600), "subject: applied");
  }

  @Test
  void a_member_that_was_taken_away_or_moved() {
    assertMended(redis -> redis.zrem(keys.memories(), "m1"), "memory m1: memories");
    assertMended(redis -> redis.zadd(keys.memories(), 5, "m1"), "memory m1: memories");
    assertMended(
        redis -> redis.zadd(keys.memories(), Double.NEGATIVE_INFINITY, "m1"),
        "memory m1: memories");
    assertMended(redis -> redis.zrem(keys.sessions(), "s1"), "session s1: sessions");
    assertMended(
        redis -> redis.zadd(keys.sessions(), Double.POSITIVE_INFINITY, "s1"),
        "session s1: sessions");
  }

  @Test
  void the_index_of_sessions_lives_as_long_as_the_longest_whichever_is_mended() {
    seed();
    long lives = cache.redis().pttl(keys.sessions());
    for (String session : List.of("s1", "s2")) {
      cache.redis().zadd(keys.sessions(), 1.0 + Long.MAX_VALUE, session);
      cache.redis().persist(keys.sessions());
      repairDiffering();
      assertThat(cache.redis().pttl(keys.sessions())).isBetween(lives - 60_000, lives);
    }
  }

  @Test
  void what_no_event_made() {
    assertMended(redis -> redis.zadd(keys.memories(), 1e15, "ghost"), "memory ghost: memories");
    assertMended(
        redis -> redis.hset(keys.memory("gh/ost"), "text", "boo"), "memory gh/ost: memory");
    assertMended(redis -> redis.hset(keys.patterns(), "ghost", "{}"), "pattern ghost: patterns");
    assertMended(
        redis -> redis.hset(keys.reinforcements(), "ghost", "1"), "pattern ghost: reinforcements");
    assertMended(redis -> redis.zadd(keys.sessions(), 1e15, "ghost"), "session ghost: sessions");
    assertMended(redis -> redis.hset(keys.session("ghost"), "a", "b"), "session ghost: session");
    assertMended(
        redis -> redis.hset(keys.openToolCalls("ghost"), "c", "{}"),
        "session ghost: open-tool-calls",
        "session ghost: open-tool-calls@c");
    assertMended(
        redis -> redis.xadd(keys.messages("s1"), new XAddArgs().id("9999999999999-5"), "a", "b"),
        "session s1: messages@9999999999999-5");
    CacheKeys nobody = CacheKeys.of(cache.names(), "acme", "nobody");
    assertMended(redis -> redis.set(nobody.applied(), "3"), "subject: applied");
  }

  @Test
  void a_message_that_was_deleted_or_edited() {
    List<StreamMessage<String, String>> all = messagesAfterSeed();
    String first = all.get(0).getId();
    assertMended(redis -> redis.xdel(keys.messages("s1"), first), "session s1: messages@" + first);
    assertMended(
        redis -> {
          redis.del(keys.messages("s1"));
          for (StreamMessage<String, String> message : all) {
            Map<String, String> body = new LinkedHashMap<>(message.getBody());
            body.replace("content", "hi", "forged");
            redis.xadd(keys.messages("s1"), new XAddArgs().id(message.getId()), body);
          }
          redis.pexpireat(keys.messages("s1"), log.time().plus(DAY));
        },
        "session s1: messages@" + first);
  }

  @Test
  void a_key_that_is_gone() {
    assertMended(redis -> redis.del(keys.memory("m1")), "memory m1: memory");
    assertMended(redis -> redis.del(keys.memories()), "memory m1: memories", "memory m2: memories");
    assertMended(redis -> redis.del(keys.session("s1")), "session s1: session");
    assertMended(redis -> redis.del(keys.applied()), "subject: applied");
    String call = "session s1: open-tool-calls";
    assertMended(redis -> redis.del(keys.openToolCalls("s1")), call, call + "@c1");
  }

  @Test
  void what_was_last_applied_is_put_back_wherever_it_was_moved() {
    assertMended(redis -> redis.set(keys.applied(), "2"), "subject: applied");
    assertMended(redis -> redis.set(keys.applied(), "100000"), "subject: applied");
    assertMended(redis -> redis.set(keys.applied(), "nonsense"), "subject: applied");
    assertMended(
        redis -> {
          redis.set(keys.applied(), "100000");
          redis.del(keys.memory("m1"));
        },
        "memory m1: memory",
        "subject: applied");
  }

  @Test
  void a_key_of_another_type_is_a_stray_and_matches_nothing() {
    seed();
    List<String> before = cache.shown();
    for (String key :
        List.of(
            keys.applied(),
            keys.memories(),
            keys.memory("m1"),
            keys.patterns(),
            keys.reinforcements(),
            keys.sessions(),
            keys.session("s1"),
            keys.messages("s1"),
            keys.openToolCalls("s1"))) {
      cache.redis().del(key);
      cache.redis().sadd(key, "not", "of", "the", "view");
      Map<Entity, List<String>> differing = differing();
      assertThat(differing).containsEntry(Entity.stray(key), List.of(key)).hasSizeGreaterThan(1);
      repairDiffering();
      assertThat(differing()).as(key).isEmpty();
      assertThat(cache.shown()).as(key).isEqualTo(before);
    }
  }

  @Test
  void a_stray_is_told_whatever_the_bucket_and_taken_away() {
    seed();
    String prefix = CacheKeys.prefix(cache.names());
    Set<String> strays =
        Set.of(
            keys.subject() + "other",
            keys.subject() + "memory:%61",
            prefix + "note",
            CacheKeys.position(cache.names(), 1));
    strays.forEach(key -> cache.redis().hset(key, "epoch", "1"));
    List<Entity> told = new ArrayList<>();
    inspector.entities(new BitSet(), told::add);
    assertThat(told)
        .containsExactlyInAnyOrderElementsOf(strays.stream().map(Entity::stray).toList());
    assertThat(inspector.read(told)).allMatch(held -> held.rows().size() == 1);
    repairDiffering();
    assertThat(inspector.read(told)).allMatch(held -> held.rows().isEmpty());
    assertThat(differing()).isEmpty();
  }

  @Test
  void a_stray_is_only_taken_away_while_it_is_one_and_only_from_this_installation() {
    seed();
    List<String> before = cache.shown();
    repair(List.of(new History(Entity.stray(keys.memories()), List.of())));
    assertThat(cache.shown()).isEqualTo(before);
    History elsewhere = new History(Entity.stray("somebody:else"), List.of());
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> repair(List.of(elsewhere)));
  }

  @Test
  void entities_are_told_of_the_buckets_asked_for() {
    seed();
    Entity mia = new Entity(Kind.SUBJECT, "acme", "mia", "", "");
    BitSet bucket = new BitSet();
    bucket.set(mia.bucket());
    Set<String> told = new TreeSet<>();
    inspector.entities(bucket, entity -> told.add(entity.toString()));
    assertThat(told)
        .containsExactly(
            "memory acme/mia m1",
            "memory acme/mia m2",
            "pattern acme/mia p1",
            "session acme/mia s1",
            "session acme/mia s2",
            "subject acme/mia");
  }

  @Test
  void what_is_over_is_no_difference_though_some_of_it_is_still_there() {
    Instant dies = Instant.now().plusMillis(1_000);
    log.at(dies.minus(DAY));
    log.append("s1", said("a", "hi"));
    log.append("s1", intended("c1"));
    log.append("s2", said("a", "hi"));
    log.append(null, recorded("m1", "soon", dies));
    log.at(dies.minus(DAY.dividedBy(2)));
    log.append("s1", said("b", "hi"));
    log.append("s1", intended("c2"));
    log.append("s1", completed("c2"));
    log.append(null, recorded("m2", "stays"));
    log.applyTo(projector);
    assertThat(differing()).isEmpty();
    await().until(() -> Instant.now().isAfter(dies.plusMillis(50)));
    assertThat(cache.redis().hkeys(keys.openToolCalls("s1"))).containsExactly("c1");
    assertThat(cache.redis().xlen(keys.messages("s1"))).isEqualTo(2);
    assertThat(differing()).isEmpty();
    repair(Histories.of(log.records(), inspector));
    assertThat(differing()).isEmpty();
    cache.wipe();
    log.applyTo(projector);
    assertThat(cache.redis().exists(keys.openToolCalls("s1"))).isZero();
    assertThat(differing()).isEmpty();
  }

  @Test
  void of_a_long_session_only_what_is_kept_is_expected() {
    for (int i = 0; i < 60; i++) {
      log.append("s1", said("m" + i, "hi"));
      log.append("s1", checkpoint());
    }
    log.append("s2", said("a", "hi"));
    log.append("s2", ended());
    log.append("s2", said("b", "hi"));
    log.append(null, learned("p1", 1));
    log.append(null, retired("p1"));
    log.append(null, learned("p1", 1));
    log.append(null, recorded("m1", "short"));
    log.append(null, forgotten("m1"));
    log.append("s3", said("c", "hi"));
    log.append("s3", ended());
    assertMended(redis -> redis.del(keys.messages("s1"), keys.messages("s2")));
  }

  @Test
  void five_thousand_open_tool_calls_are_mended() {
    for (int i = 0; i < 5_000; i++) {
      log.append("s1", intended("c" + i));
    }
    log.applyTo(projector);
    List<String> before = cache.shown();
    cache.redis().del(keys.openToolCalls("s1"));
    repairDiffering();
    assertThat(cache.shown()).isEqualTo(before);
    assertThat(differing()).isEmpty();
  }

  @Test
  void events_of_no_session_are_of_nothing() {
    log.append(null, started());
    log.append(null, said("a", "hi"));
    log.append(null, intended("c1"));
    log.append(null, checkpoint());
    log.applyTo(projector);
    assertThat(Histories.of(log.records(), inspector)).isEmpty();
    assertThat(differing()).isEmpty();
  }

  @Test
  void a_subject_whose_data_are_ahead_of_the_position_is_compared_there_and_not_mended() {
    seed();
    List<String> before = cache.shown();
    cache.redis().hset(CacheKeys.position(cache.names(), 0), "offset", "3");
    Entity m1 = new Entity(Kind.MEMORY, "acme", "mia", "", "m1");
    Entity unknown = new Entity(Kind.MEMORY, "acme", "nobody", "", "m1");
    long applied = Long.parseLong(cache.redis().get(keys.applied()));
    assertThat(inspector.read(List.of(unknown, m1, m1.ofSubject())))
        .extracting(Held::asOf)
        .containsExactly(3L, applied + 1, applied + 1);
    assertThat(differing()).isEmpty();
    Fence fence = projector.acquire(0);
    Repair repair = new Repair(0, fence.epoch(), 3, List.of(new History(m1, List.of())));
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> projector.repair(repair))
        .withMessageContaining("ahead of the position")
        .satisfies(e -> assertThat(projector.isTransient(e)).isFalse());
    assertThat(cache.shown()).isEqualTo(before);
  }

  @Test
  void contents_are_told_with_the_text() {
    seed();
    assertThat(inspector.contents(new Entity(Kind.MEMORY, "acme", "mia", "", "m1")))
        .hasSize(2)
        .anyMatch(json -> json.contains("\"row\":\"memories\""))
        .anyMatch(json -> json.contains("\"text\":\"window seat\""));
    assertThat(inspector.contents(new Entity(Kind.SESSION, "acme", "mia", "s1", "")))
        .anyMatch(json -> json.contains("\"content\":\"hi\""));
    assertThat(inspector.contents(new Entity(Kind.PATTERN, "acme", "mia", "", "p9"))).isEmpty();
  }

  @Test
  void a_server_that_lost_its_scripts_answers_in_order() {
    seed();
    List<Entity> all =
        Histories.of(log.records(), inspector).stream().map(History::entity).toList();
    List<Held> before = inspector.read(all);
    cache.redis().scriptFlush();
    assertThat(inspector.read(all)).extracting(Held::entity).isEqualTo(all);
    assertThat(differing()).isEmpty();
    assertThat(before).hasSameSizeAs(all);
  }

  /** One of everything, twice where two can be confused. */
  private void seed() {
    Instant now = log.time();
    log.at(now.minus(Duration.ofHours(2)));
    log.append(null, recorded("m1", "window seat"));
    log.append(null, recorded("m2", "aisle seat", now.plus(DAY)));
    log.append(null, learned("p1", 0.5));
    log.append("acme", "tom", null, recorded("m1", "window seat"));
    log.append("s1", said("a", "hi"));
    log.append("s1", intended("c1"));
    log.append("s1", intended("c2"));
    log.append("s1", completed("c2"));
    log.append(null, learned("p1", 0.75));
    log.append("s1", said("b", "you"));
    log.at(now);
    log.append("s2", said("a", "hi"));
    log.applyTo(projector);
  }

  private List<StreamMessage<String, String>> messagesAfterSeed() {
    seed();
    return cache.redis().xrange(keys.messages("s1"), Range.unbounded());
  }

  private void assertMended(Consumer<RedisCommands<String, String>> damage, String... differences) {
    if (log.end() == 0) {
      seed();
    }
    log.applyTo(projector);
    assertThat(differing()).isEmpty();
    List<String> before = cache.shown();
    damage.accept(cache.redis());
    List<String> seen = new ArrayList<>();
    differing()
        .forEach((entity, rows) -> rows.forEach(row -> seen.add(shortened(entity) + ": " + row)));
    if (differences.length > 0) {
      assertThat(seen).containsExactlyInAnyOrder(differences);
    }
    repairDiffering();
    assertThat(differing()).isEmpty();
    assertThat(cache.shown()).isEqualTo(before);
  }

  private static String shortened(Entity entity) {
    return entity.toString().replaceAll(" acme/[a-z]+", "");
  }

  private void repairDiffering() {
    Map<Entity, History> histories = new HashMap<>();
    Histories.of(log.records(), inspector).forEach(h -> histories.put(h.entity(), h));
    repair(
        differing().keySet().stream()
            .map(entity -> histories.getOrDefault(entity, new History(entity, List.of())))
            .toList());
  }

  private void repair(List<History> histories) {
    Fence fence = projector.acquire(0);
    projector.repair(new Repair(0, fence.epoch(), fence.offset(), histories));
  }

  /** As the reconciler compares: rows that are over on both sides make no difference. */
  private Map<Entity, List<String>> differing() {
    Map<Entity, History> histories = new LinkedHashMap<>();
    Histories.of(log.records(), inspector).forEach(h -> histories.put(h.entity(), h));
    BitSet all = new BitSet();
    all.set(0, Entity.BUCKETS);
    inspector.entities(
        all, entity -> histories.computeIfAbsent(entity, e -> new History(e, List.of())));
    List<List<HeldRow>> expected = inspector.expected(List.copyOf(histories.values()));
    List<Held> held = inspector.read(List.copyOf(histories.keySet()));
    Map<Entity, List<String>> differing = new LinkedHashMap<>();
    for (int i = 0; i < held.size(); i++) {
      List<String> rows = differing(expected.get(i), held.get(i).rows());
      if (!rows.isEmpty()) {
        differing.put(held.get(i).entity(), rows);
      }
    }
    return differing;
  }

  private static List<String> differing(List<HeldRow> expected, List<HeldRow> found) {
    List<HeldRow> missing = new ArrayList<>(Histories.live(expected));
    List<HeldRow> wrong = new ArrayList<>(Histories.live(found));
    missing.removeIf(row -> wrong.removeIf(row::matches));
    Set<String> names = new TreeSet<>();
    missing.forEach(row -> names.add(row.name()));
    wrong.forEach(row -> names.add(row.name()));
    return List.copyOf(names);
  }
}
