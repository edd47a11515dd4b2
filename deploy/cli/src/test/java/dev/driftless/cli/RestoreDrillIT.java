package dev.driftless.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.app.Views;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The drill of the operations guide: each store is put back from a back-up that was taken while it
 * was written, and its views, which run all the time, read again what it lacks.
 */
@Tag("long")
final class RestoreDrillIT {

  /** A memory, new or with a new text, and what must not count twice. */
  private static final String EVENTS =
      """
      {"eventId":"e%1$d","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"s%2$d","agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"m%3$d","kind":"EPISODIC","text":"flew to place %1$d"}}
      {"eventId":"p%1$d","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"s%2$d","agent":"helper","type":"PatternLearned","payload":{"patternId":"p1","statement":"books early","confidence":0.75}}
      {"eventId":"a%1$d","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"s%2$d","agent":"helper","session":"s-9","type":"MessageAppended","payload":{"messageId":"a%1$d","role":"USER","content":"Where to?"}}
      {"eventId":"t%1$d","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"s%2$d","agent":"helper","session":"s-9","type":"ToolCallIntended","payload":{"toolCallId":"c%3$d","tool":"book","arguments":"{}"}}
      """;

  /** Never touched again, so whatever was not put back would have to write it anew. */
  private static final String KEPT =
      """
      {"eventId":"kept","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"s0","agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"kept","kind":"SEMANTIC","text":"lives by the sea"}}
      """;

  private static final String FORGOTTEN =
      """
      {"eventId":"f%1$d","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"s%2$d","agent":"helper","type":"MemoryForgotten","payload":{"memoryId":"m%1$d"}}
      """;

  private static final int SUBJECTS = 7;
  private static final int MEMORIES = 70;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir private static Path directory;
  private static TestStack servers;
  private static Installation installation;

  private static PostgresBackup postgres;
  private static RedisBackup redis;
  private static QdrantBackup qdrant;

  /** Numbers the events. */
  private static int next;

  /** How many records the log has. */
  private static int published;

  /** How many of them the back-ups hold at most. */
  private static int heldByAny;

  private interface Step {
    void take() throws Exception;
  }

  @BeforeAll
  static void back_up_each_store_while_it_is_written_and_go_on() throws Exception {
    servers = TestStack.fresh(ServerKind.values());
    installation =
        new Installation(directory.resolve("state"), servers.stack().addresses().environment(), 2);
    installation.startViews();
    publish(KEPT);
    publish(MEMORIES);
    installation.awaitCaughtUp(Views.names());
    int heldByAll = published;
    try (Load ignored = load()) {
      for (String view : Views.names()) {
        await().atMost(PATIENCE).until(() -> installation.applied(view) > heldByAll);
      }
      postgres = PostgresBackup.take(servers, directory.resolve("postgres"));
      redis = RedisBackup.take(servers, directory.resolve("dump.rdb"));
      String alias = installation.config().names().place("-", "driftless-memories");
      qdrant = QdrantBackup.take(servers, alias, directory.resolve("collection.snapshot"));
    }
    heldByAny = published;
    publish(MEMORIES / 2);
    publish(
        IntStream.range(0, 10)
            .mapToObj(memory -> FORGOTTEN.formatted(memory, memory % SUBJECTS))
            .collect(Collectors.joining()));
    installation.awaitCaughtUp(Views.names());
  }

  @AfterAll
  static void close() {
    installation.close();
    servers.close();
  }

  @Test
  void what_a_postgresql_that_is_put_back_lacks_is_read_again() throws Exception {
    assertNotTheWholeLog(drill(postgres::putBack, "relational", "context", "audit"));
  }

  @Test
  void what_a_redis_that_is_put_back_lacks_is_read_again() throws Exception {
    assertNotTheWholeLog(drill(redis::putBack, "cache"));
  }

  @Test
  void what_a_qdrant_that_is_put_back_lacks_is_read_again() throws Exception {
    long began = System.currentTimeMillis();
    drill(qdrant::putBack, "vector");
    assertThat(qdrant.holdsFromBefore(began, "kept")).isTrue();
  }

  @Test
  void what_a_collection_lacks_that_the_alias_is_moved_to_is_read_again() throws Exception {
    long began = System.currentTimeMillis();
    drill(() -> qdrant.putBackAs(qdrant.collection() + "-2"), "vector");
    assertThat(qdrant.holdsFromBefore(began, "kept")).isTrue();
  }

  /**
   * What a view read again, its store did not hold when it was put back.
   *
   * @return by view, how many records were applied meanwhile
   */
  private static Map<String, Long> drill(Step putBack, String... views) throws Exception {
    Map<String, Long> applied = applied();
    try (Load ignored = load()) {
      putBack.take();
    }
    installation.awaitCaughtUp(Views.names());
    Run check = installation.run("reconcile", "--once", "--deep");
    assertThat(check.exitCode()).as(check.out() + check.err()).isZero();
    assertThat(check.out()).contains("no divergences");
    Map<String, Long> since = applied();
    since.replaceAll((view, now) -> now - applied.getOrDefault(view, 0L));
    long lacking = published - heldByAny;
    assertThat(since).hasSameSizeAs(Views.names());
    since.forEach(
        (view, records) ->
            assertThat(records >= lacking)
                .as("%s, of %d records %d, at least %d", view, published, records, lacking)
                .isEqualTo(List.of(views).contains(view)));
    return since;
  }

  /** The rest was in the back-up. */
  private static void assertNotTheWholeLog(Map<String, Long> applied) {
    assertThat(applied.values()).allMatch(records -> records < published);
  }

  private static Load load() {
    return Load.of(() -> publish(5), Duration.ofMillis(200));
  }

  private static Map<String, Long> applied() {
    return Views.names().stream()
        .collect(Collectors.toMap(view -> view, view -> installation.applied(view)));
  }

  private static synchronized void publish(int times) {
    StringBuilder events = new StringBuilder();
    for (int i = 0; i < times; i++) {
      events.append(EVENTS.formatted(next, next % SUBJECTS, next % MEMORIES));
      next++;
    }
    publish(events.toString());
  }

  private static synchronized void publish(String events) {
    installation.publish(events);
    published += Math.toIntExact(events.lines().count());
  }
}
