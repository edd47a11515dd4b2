package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.bench.chaos.check.Acknowledged;
import dev.driftless.bench.chaos.check.Finding;
import dev.driftless.bench.chaos.check.IndependentCheck;
import dev.driftless.bench.chaos.check.Stores;
import dev.driftless.bench.chaos.check.Written;
import dev.driftless.bench.chaos.check.Wrong;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The independent check finds nothing where nothing is wrong, and bites where something is. */
@Tag("long")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class IndependentCheckIT {

  private static final String NAME = "bites";
  private static final int EVENTS = 600;

  private ChaosStack stack = ChaosStack.open();
  private Written written = new Written(Map.of(), Map.of());

  @BeforeAll
  void fill(@TempDir Path logs) throws Exception {
    stack.begin(NAME, System.getProperty("java.class.path"), logs);
    try (Load load = new Load(Trial.log(stack.direct(NAME)), 7)) {
      load.allow(EVENTS);
      load.await(EVENTS);
      Trial.awaitCaughtUp(stack.direct(NAME));
      written = load.written();
    }
    stack.projectors().close();
    assertThat(run(written)).as("before anything is tampered with").isEmpty();
  }

  @AfterAll
  void close() {
    stack.close();
  }

  @Test
  void what_is_tampered_with_is_found() throws Exception {
    sql(
        "DELETE FROM N_driftless.messages WHERE log_offset = (SELECT max(log_offset) FROM"
            + " N_driftless.messages)");
    assertFinds("relational", Wrong.LOST, 1);
    sql("UPDATE N_driftless.memories SET log_offset = log_offset - 1, text = 'old'");
    assertFinds("relational", Wrong.STALE, 2);
    sql(
        "UPDATE N_driftless.checkpoints SET log_offset = (SELECT max(log_offset) FROM"
            + " N_driftless_audit.records WHERE outcome = 'duplicate')");
    assertFinds("relational", Wrong.DUPLICATED, 1);
    sql("UPDATE N_driftless_context.patterns SET reinforcements = reinforcements + 1");
    assertFinds("context", Wrong.DUPLICATED, 2);
    sql(
        "INSERT INTO N_driftless_context.memories SELECT tenant, 'nobody', memory_id, kind, text,"
            + " attributes, remembered_at, expires_at, log_partition, log_offset, content_hash FROM"
            + " N_driftless_context.memories LIMIT 1");
    assertFinds("context", Wrong.PHANTOM, 1);
    sql("UPDATE N_driftless_context.memories SET text = 'edited'");
    assertFinds("context", Wrong.CORRUPT, 2);
    sql("ALTER TABLE N_driftless_audit.records DISABLE TRIGGER ALL");
    sql("UPDATE N_driftless_audit.records SET chain_hash = record_hash WHERE log_offset = 3");
    assertFinds("audit", Wrong.CORRUPT, 1);
    sql("DELETE FROM N_driftless_audit.records WHERE log_offset = 4");
    assertFinds("audit", Wrong.LOST, 1);
  }

  @Test
  void a_tampered_cache_is_found() throws Exception {
    RedisClient client = RedisClient.create(stores().redisUrl());
    try (var connection = client.connect()) {
      RedisCommands<String, String> redis = connection.sync();
      String sessions = redis.keys(NAME + ":*:sessions").get(0);
      // as if the newest of them had ended
      assertThat(redis.pexpire(sessions, redis.pttl(sessions) + 60_000)).isTrue();
      assertThat(run(written)).noneMatch(finding -> finding.where().equals("cache"));
      assertThat(redis.pexpire(sessions, redis.pttl(sessions) - 120_000)).isTrue();
      assertFinds("cache", Wrong.CORRUPT, 1);
      String stream = longestStream(redis);
      var first = redis.xrange(stream, io.lettuce.core.Range.unbounded()).get(0);
      assertThat(redis.xdel(stream, first.getId())).isOne();
      assertFinds("cache", Wrong.LOST, 1);
      String counts = redis.keys(NAME + ":*:reinforcements").get(0);
      redis.hkeys(counts).forEach(pattern -> redis.hincrby(counts, pattern, 1));
      assertFinds("cache", Wrong.DUPLICATED, 1);
      String memory = redis.keys(NAME + ":*:memory:*").get(0);
      String session = redis.keys(NAME + ":*:messages").get(1);
      assertThat(redis.pexpire(session, redis.pttl(session) - 60_000)).isTrue();
      assertFinds("cache", Wrong.CORRUPT, 2);
      assertThat(redis.hset(memory, "offset", "-7")).isFalse();
      assertFinds("cache", Wrong.STALE, 1);
      assertThat(redis.hset(memory + "x", "offset", "1")).isTrue();
      assertFinds("cache", Wrong.PHANTOM, 1);
    } finally {
      client.shutdown();
    }
  }

  @Test
  void a_tampered_point_is_found() throws Exception {
    qdrant(
        "/points/payload",
        "{\"payload\":{\"offset\":-5},\"filter\":{\"must\":[{\"key\":\"kind\",\"match\":{\"value\":\"SEMANTIC\"}}]}}");
    assertFinds("vector", Wrong.STALE, 2);
    qdrant(
        "/points/delete",
        "{\"filter\":{\"must\":[{\"key\":\"kind\",\"match\":{\"value\":\"EPISODIC\"}}]}}");
    assertFinds("vector", Wrong.LOST, 2);
  }

  @Test
  void what_was_acknowledged_and_is_not_in_the_log_is_lost() throws Exception {
    Map<String, List<Acknowledged>> more = new HashMap<>(written.acknowledged());
    String whose = more.keySet().iterator().next();
    more.put(
        whose, List.of(new Acknowledged(whose, "never-written", 0, 0, ByteBuffer.allocate(1))));
    assertFinds(run(new Written(more, written.attempts())), "log", Wrong.LOST, 1);

    List<Acknowledged> inOrder = List.copyOf(written.acknowledged().get(whose));
    Acknowledged said = inOrder.get(0);
    more.put(
        whose,
        List.of(
            new Acknowledged(
                whose, said.eventId(), said.partition(), said.offset(), ByteBuffer.allocate(1))));
    assertFinds(run(new Written(more, written.attempts())), "log", Wrong.CORRUPT, 1);

    more.put(whose, List.of(inOrder.get(1), inOrder.get(0)));
    assertFinds(run(new Written(more, written.attempts())), "log", Wrong.REORDERED, 1);

    Map<String, Integer> fewer = new HashMap<>(written.attempts());
    fewer.replaceAll((event, times) -> times - 1);
    List<Finding> findings = run(new Written(written.acknowledged(), fewer));
    assertFinds(findings, "log", Wrong.PHANTOM, 100);
    assertFinds(findings, "log", Wrong.DUPLICATED, 10);
  }

  private void assertFinds(String where, Wrong wrong, int least) throws Exception {
    assertFinds(run(written), where, wrong, least);
  }

  private static void assertFinds(List<Finding> all, String where, Wrong wrong, int least) {
    assertThat(all)
        .filteredOn(f -> f.where().equals(where) && f.wrong() == wrong)
        .hasSizeGreaterThanOrEqualTo(least);
  }

  private List<Finding> run(Written by) throws Exception {
    return new IndependentCheck(stores()).run(by);
  }

  private Stores stores() {
    return stack.stores(NAME);
  }

  private void sql(String statement) throws Exception {
    try (var connection =
            DriverManager.getConnection(stores().jdbcUrl(), stores().user(), stores().password());
        var prepared = connection.createStatement()) {
      prepared.execute(statement.replace("N_", NAME + "_"));
    }
  }

  private static String longestStream(RedisCommands<String, String> redis) {
    return redis.keys(NAME + ":*:messages").stream()
        .max(java.util.Comparator.comparing(redis::xlen))
        .orElseThrow();
  }

  private void qdrant(String path, String json) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(
                    stores().qdrantUrl()
                        + "/collections/"
                        + NAME
                        + "-driftless-memories"
                        + path
                        + "?wait=true"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json))
            .build();
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }
}
