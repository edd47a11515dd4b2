package dev.driftless.projectors.relational;

import static dev.driftless.projectors.postgres.TestLog.at;
import static dev.driftless.projectors.postgres.TestLog.event;
import static dev.driftless.projectors.postgres.TestLog.memory;
import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.events.MemoryForgotten;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.PatternLearned;
import dev.driftless.events.Role;
import dev.driftless.events.SessionEnded;
import dev.driftless.events.SessionStarted;
import dev.driftless.events.ToolCallCompensated;
import dev.driftless.events.ToolCallCompleted;
import dev.driftless.events.ToolCallFailed;
import dev.driftless.events.ToolCallIntended;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.postgres.TestLog;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the functions {@code …_as_of} say, by log time and by position. */
final class AsOfIT {

  private static final List<String> SUBJECTS = List.of("acme/a", "acme/b", "initech/a");

  private final RelationalFixture fixture = new RelationalFixture();
  private final Projector projector = fixture.open();
  private final TestLog log = new TestLog("topic", 0);

  @AfterEach
  void close() {
    projector.close();
    fixture.close();
  }

  /** A view that is fed one event at a time is at each prefix of the log what that prefix says. */
  @Test
  void every_prefix_of_the_log_is_known_as_a_view_of_that_prefix_shows_it() {
    TestLog random = random(1, 100);
    random.applyTo(projector, 7);
    RelationalFixture prefix = new RelationalFixture();
    try (Projector step = prefix.open()) {
      Map<String, Instant> lastEvents = new HashMap<>();
      var fence = step.acquire(0);
      for (long offset = 0; offset < random.end(); offset++) {
        step.apply(random.batch(fence, offset, offset + 1));
        var event = random.records().get((int) offset).event();
        if (!(event.getPayload() instanceof PatternLearned)) {
          lastEvents.put(event.getTenant() + "/" + event.getSubject(), at(offset));
        }
        for (String whose : SUBJECTS) {
          Instant lastEvent = lastEvents.getOrDefault(whose, Instant.EPOCH);
          assertThat(asOf(whose, "0, " + offset))
              .as("%s at offset %d", whose, offset)
              .isEqualTo(shown(prefix, whose, lastEvent));
          assertThat(asOf(whose, "'" + at(offset) + "'::timestamptz"))
              .as("%s at the time of offset %d", whose, offset)
              .isEqualTo(shown(prefix, whose, at(offset)));
        }
      }
    } finally {
      prefix.close();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100})
  void what_is_forgotten_was_known_before_it_was(int batch) {
    add(memory("m1", "window", null));
    add(memory("m1", "aisle", null));
    add(new MemoryForgotten("m1", null));
    add(new SessionStarted(Map.of()));
    log.applyTo(projector, batch);
    assertThat(memories("0, 0")).containsExactly("window");
    assertThat(memories("0, 1")).containsExactly("aisle");
    assertThat(memories("0, 2")).isEmpty();
    assertThat(memories("0, 3")).isEmpty();
  }

  @Test
  void a_memory_is_expired_from_its_moment_on_and_known_before_it_however_late_one_asks() {
    add(memory("m1", "for two seconds", at(2)));
    add(new SessionStarted(Map.of()));
    add(new SessionEnded(null));
    log.applyTo(projector);
    assertThat(memories(time(at(2).minusMillis(1)))).containsExactly("for two seconds");
    assertThat(memories(time(at(2)))).isEmpty();
    assertThat(memories("0, 1")).containsExactly("for two seconds");
    assertThat(memories("0, 2")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100})
  void a_call_is_open_until_its_outcome_and_begins_anew_with_a_new_intent(int batch) {
    add(new ToolCallIntended("c1", "book", "{}"));
    add(new ToolCallFailed("c1", "book", "{}", "no seats"));
    add(new ToolCallIntended("c1", "book", "{\"again\":true}"));
    add(new ToolCallCompleted("c1", "book", "{\"again\":true}", "booked"));
    log.applyTo(projector, batch);
    assertThat(
            IntStream.range(0, 4)
                .mapToObj(
                    offset ->
                        only(
                            "SELECT concat_ws(' ', status, arguments, error, result) FROM tool_calls_as_of('acme', 'a', 0, %d)"
                                .formatted(offset))))
        .containsExactly(
            "INTENDED {}",
            "FAILED {} no seats",
            "INTENDED {\"again\":true}",
            "COMPLETED {\"again\":true} booked");
  }

  @Test
  void another_tenant_another_subject_and_another_partition_know_nothing_of_it() {
    everyKind();
    log.applyTo(projector);
    assertThat(asOf("acme/a", "0, 99")).hasSize(4);
    assertThat(asOf("initech/a", "0, 99")).isEmpty();
    assertThat(asOf("acme/b", "0, 99")).isEmpty();
    assertThat(asOf("acme/a", "1, 99")).isEmpty();
  }

  @Test
  void the_past_is_the_same_after_a_replay() {
    TestLog random = random(4, 120);
    random.applyTo(projector, 11);
    List<String> before = fixture.shown();
    assertThat(before).anyMatch(row -> row.startsWith("past_sessions "));
    fixture.wipe();
    random.applyTo(projector, 1);
    assertThat(fixture.shown()).isEqualTo(before);
  }

  @Test
  void an_index_leads_every_function_to_the_rows_of_the_subject() {
    everyKind();
    log.applyTo(projector);
    for (String function :
        List.of("memories_as_of", "sessions_as_of", "messages_as_of", "tool_calls_as_of")) {
      for (String moment : List.of("0, 99", time(at(99)))) {
        String plan =
            String.join(
                "\n",
                fixture.query(
                    "EXPLAIN SELECT * FROM %s('acme', 'a', %s)".formatted(function, moment)));
        assertThat(plan).contains("Index").doesNotContain("Function Scan");
        assertThat(indexConditions(plan))
            .isNotEmpty()
            .allMatch(c -> c.contains("(tenant = 'acme'") && c.contains("(subject = 'a'"));
      }
    }
  }

  private static List<String> indexConditions(String plan) {
    return plan.lines().filter(line -> line.contains("Index Cond")).toList();
  }

  private void everyKind() {
    add(memory("m1", "window", null));
    add(new SessionStarted(Map.of()));
    add(new MessageAppended("a", Role.USER, "hi", List.of(), null));
    add(new ToolCallIntended("c1", "book", "{}"));
  }

  private void add(Object payload) {
    TestLog unused = log.add(event("acme", "a", payload));
  }

  private static TestLog random(long seed, int size) {
    Random random = new Random(seed);
    TestLog log = new TestLog("topic", 0);
    while (log.end() < size) {
      String[] whose = SUBJECTS.get(random.nextInt(SUBJECTS.size())).split("/");
      TestLog unused =
          log.add(event(whose[0], whose[1], payload(random, "i" + random.nextInt(3), log.end())));
    }
    return log;
  }

  private static Object payload(Random random, String id, long n) {
    return switch (random.nextInt(11)) {
      case 0, 1 -> memory(id, "text " + n, null);
      case 2 -> memory(id, "text " + n, at(n + random.nextInt(20)));
      case 3 -> new MemoryForgotten(id, null);
      case 4 -> new SessionStarted(Map.of("n", "" + n));
      case 5 -> new SessionEnded("end " + n);
      case 6 -> new MessageAppended(id, Role.USER, "message " + n, List.of("c" + n), null);
      case 7 -> new ToolCallIntended(id, "search", "{\"n\":" + n + "}");
      case 8 -> new ToolCallCompleted(id, "search", "{}", "done " + n);
      case 9 -> new ToolCallCompensated(id, "search", "{}", "undone " + n);
      default -> TestLog.pattern(id, "holds " + n, 0.5);
    };
  }

  /** What the functions say, kind by kind. */
  private List<String> asOf(String whose, String moment) {
    String arguments =
        "('%s', '%s', %s) t".formatted(whose.split("/")[0], whose.split("/")[1], moment);
    return rows(
        fixture,
        "memories_as_of" + arguments,
        "sessions_as_of" + arguments,
        "messages_as_of" + arguments,
        "tool_calls_as_of" + arguments);
  }

  /** What the tables of last states hold, as a reader at this time sees it. */
  private static List<String> shown(RelationalFixture view, String whose, Instant now) {
    String of =
        " t WHERE tenant = '%s' AND subject = '%s'"
            .formatted(whose.split("/")[0], whose.split("/")[1]);
    return rows(
        view,
        "memories" + of + " AND (expires_at IS NULL OR expires_at > '" + now + "')",
        "sessions" + of,
        "messages" + of,
        "tool_calls" + of);
  }

  private static List<String> rows(RelationalFixture view, String... sources) {
    return view.query(
        Stream.of(sources)
            .map(
                source ->
                    "SELECT CAST(to_jsonb(t) - '{recorded_at,revised_at,valid_from,valid_to,valid_to_offset}'::text[] AS text) FROM "
                        + source)
            .collect(Collectors.joining(" UNION ALL ", "", " ORDER BY 1")));
  }

  private List<String> memories(String moment) {
    return fixture.query("SELECT text FROM memories_as_of('acme', 'a', %s)".formatted(moment));
  }

  private String only(String query) {
    List<String> rows = fixture.query(query);
    assertThat(rows).hasSize(1);
    return rows.get(0);
  }

  private static String time(Instant instant) {
    return "'" + instant + "'::timestamptz";
  }
}
