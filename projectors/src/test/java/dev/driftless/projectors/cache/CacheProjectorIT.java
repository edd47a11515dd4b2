package dev.driftless.projectors.cache;

import static dev.driftless.projectors.cache.Payloads.checkpoint;
import static dev.driftless.projectors.cache.Payloads.compensated;
import static dev.driftless.projectors.cache.Payloads.completed;
import static dev.driftless.projectors.cache.Payloads.ended;
import static dev.driftless.projectors.cache.Payloads.failed;
import static dev.driftless.projectors.cache.Payloads.forgotten;
import static dev.driftless.projectors.cache.Payloads.intended;
import static dev.driftless.projectors.cache.Payloads.learned;
import static dev.driftless.projectors.cache.Payloads.recalled;
import static dev.driftless.projectors.cache.Payloads.recorded;
import static dev.driftless.projectors.cache.Payloads.retired;
import static dev.driftless.projectors.cache.Payloads.revised;
import static dev.driftless.projectors.cache.Payloads.said;
import static dev.driftless.projectors.cache.Payloads.started;
import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.Role;
import dev.driftless.projectors.Memory;
import dev.driftless.projectors.Projector;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What each event does to the cache, as its reader sees it. */
class CacheProjectorIT {

  private static final Duration DAY = Duration.ofHours(24);

  private final CacheFixture cache = new CacheFixture();
  private final Projector projector = cache.open();
  private final CacheReader reader = cache.reader();
  private final TestLog log = new TestLog();

  @AfterEach
  void close() {
    reader.close();
    projector.close();
    cache.close();
  }

  @Test
  void a_recorded_memory_is_shown_with_all_it_says() {
    Instant tomorrow = log.time().plus(DAY);
    MemoryEvent event = log.append("s1", recorded("m1", "likes 🐱 and \0", tomorrow));
    log.applyTo(projector);
    assertThat(reader.memories("acme", "mia"))
        .containsExactly(
            new CacheReader.LiveMemory(
                "m1",
                "SEMANTIC",
                "likes 🐱 and \0",
                Map.of("source", "chat", "lang", "en"),
                "helper",
                "s1",
                0,
                HexFormat.of().formatHex(Memory.of(event).contentHash()),
                log.time(),
                tomorrow));
    assertThat(cache.shown()).anyMatch(line -> line.contains(cache.trace(event)));
  }

  @Test
  void a_revised_memory_is_the_new_one_whole() {
    log.append("s1", recorded("m1", "old", log.time().plus(DAY)));
    log.append(null, revised("m1", "new", null));
    log.applyTo(projector);
    CacheReader.LiveMemory memory = reader.memories("acme", "mia").get(0);
    assertThat(memory.text()).isEqualTo("new");
    assertThat(memory.attributes()).isEmpty();
    assertThat(memory.session()).isNull();
    assertThat(memory.expiresAt()).isNull();
    assertThat(memory.offset()).isEqualTo(1);
    assertThat(cache.redis().pttl(key("memory:m1"))).isEqualTo(-1);
  }

  @Test
  void a_forgotten_memory_leaves_no_key() {
    log.append(null, recorded("m1", "old"));
    log.append(null, forgotten("m1"));
    log.applyTo(projector);
    assertThat(cache.shown()).isEmpty();
    assertThat(cache.redis().exists(key("memory:m1"), key("memories"))).isZero();
  }

  @Test
  void a_memory_whose_expiry_is_past_is_not_shown_and_leaves_no_key() {
    log.append(null, recorded("m1", "old", Instant.EPOCH.minusMillis(1)));
    log.append(null, recorded("m2", "old", log.time().minusMillis(1)));
    log.append(null, recorded("m3", "kept", Instant.ofEpochMilli(Long.MAX_VALUE)));
    log.applyTo(projector);
    assertThat(reader.memories("acme", "mia"))
        .extracting(CacheReader.LiveMemory::memoryId)
        .containsExactly("m3");
    assertThat(cache.redis().exists(key("memory:m1"), key("memory:m2"))).isZero();
    assertThat(cache.redis().zcard(key("memories"))).isEqualTo(1);
  }

  @Test
  void a_pattern_learned_again_is_reinforced() {
    log.append(null, learned("p1", 0.5));
    log.append(null, learned("p2", 1));
    log.append(null, learned("p1", 0.75));
    log.applyTo(projector);
    assertThat(reader.patterns("acme", "mia"))
        .containsExactly(pattern("p1", 0.75, 2, 2), pattern("p2", 1, 1, 1));
  }

  @Test
  void a_retired_pattern_is_gone_and_counts_from_one_when_learned_again() {
    log.append(null, learned("p1", 0.5));
    log.append(null, learned("p1", 0.5));
    log.append(null, retired("p1"));
    log.applyTo(projector);
    assertThat(cache.shown()).isEmpty();
    log.append(null, learned("p1", 0.25));
    log.applyTo(projector);
    assertThat(reader.patterns("acme", "mia")).containsExactly(pattern("p1", 0.25, 1, 3));
  }

  @Test
  void messages_are_shown_in_order_with_all_they_say() {
    log.append("s1", started());
    log.append("s1", said("a", "hi"));
    log.append(
        "s1",
        MessageAppended.newBuilder()
            .setMessageId("b")
            .setRole(Role.ASSISTANT)
            .setToolCallIds(List.of("c1", "c2"))
            .build());
    log.append(
        "s1",
        MessageAppended.newBuilder()
            .setMessageId("c")
            .setRole(Role.TOOL)
            .setContent("")
            .setToolCallId("c1")
            .build());
    log.applyTo(projector);
    Instant until = log.time().plus(DAY);
    assertThat(reader.messages("acme", "mia", "s1"))
        .containsExactly(
            message("a", "USER", "hi", List.of(), null, 1),
            message("b", "ASSISTANT", null, List.of("c1", "c2"), null, 2),
            message("c", "TOOL", "", List.of(), "c1", 3));
    assertThat(reader.sessions("acme", "mia"))
        .containsExactly(new CacheReader.Session("s1", "helper", log.time(), 3, until));
    assertThat(cache.redis().pttl(key("session:s1:messages")))
        .isBetween(DAY.minusMinutes(1).toMillis(), DAY.toMillis());
  }

  @Test
  void of_many_messages_the_last_fifty_are_kept() {
    for (int i = 0; i < 60; i++) {
      log.append("s1", said("m" + i, "hi"));
    }
    log.applyTo(projector, 7);
    assertThat(reader.messages("acme", "mia", "s1"))
        .hasSize(50)
        .first()
        .returns("m10", CacheReader.Message::messageId);
  }

  @Test
  void a_tool_call_is_open_until_its_outcome() {
    log.append("s1", intended("c1"));
    log.append("s1", intended("c2"));
    log.append("s1", intended("c3"));
    log.append("s1", intended("c4"));
    log.append("s1", completed("c2"));
    log.append("s1", failed("c3"));
    log.append("s1", compensated("c4"));
    log.applyTo(projector);
    assertThat(reader.openToolCalls("acme", "mia", "s1"))
        .containsExactly(
            new CacheReader.OpenToolCall(
                "c1",
                "flights",
                "{\"to\":\"LIS\"}",
                "helper",
                0,
                log.time(),
                log.time().plus(DAY)));
    assertThat(reader.sessions("acme", "mia").get(0).offset()).isEqualTo(6);
  }

  @Test
  void the_end_of_a_session_takes_all_of_it_away_and_nothing_else() {
    log.append("s1", said("a", "hi"));
    log.append("s1", intended("c1"));
    log.append("s2", said("b", "hi"));
    log.append("s1", ended());
    log.applyTo(projector);
    assertThat(reader.sessions("acme", "mia"))
        .extracting(CacheReader.Session::session)
        .containsExactly("s2");
    assertThat(cache.redis().keys(key("session:s1*").replace("{", "\\{"))).isEmpty();
  }

  @Test
  void an_event_after_the_end_opens_the_session_again_without_what_was_before() {
    log.append("s1", said("a", "hi"));
    log.append("s1", ended());
    log.append("s1", said("b", "again"));
    log.applyTo(projector);
    assertThat(reader.messages("acme", "mia", "s1"))
        .extracting(CacheReader.Message::messageId)
        .containsExactly("b");
  }

  @Test
  void a_checkpoint_is_activity_and_is_not_kept() {
    log.append("s1", checkpoint());
    log.applyTo(projector);
    assertThat(reader.sessions("acme", "mia")).hasSize(1);
    assertThat(cache.shown()).hasSize(2);
  }

  @Test
  void a_recall_and_events_of_no_session_change_nothing() {
    log.append("s1", recalled("m1"));
    log.append(null, started());
    log.append(null, said("a", "hi"));
    log.append(null, intended("c1"));
    log.append(null, completed("c1"));
    log.append(null, checkpoint());
    log.append(null, ended());
    log.applyTo(projector);
    assertThat(cache.shown()).isEmpty();
    assertThat(projector.stored(TestLog.PARTITION).offset()).isEqualTo(7);
  }

  @Test
  void what_is_over_when_it_arrives_is_gone_at_once() {
    log.at(Instant.now().minus(DAY).minusMillis(1));
    log.append("s1", said("a", "hi"));
    log.append("s1", intended("c1"));
    log.applyTo(projector);
    assertThat(cache.shown()).isEmpty();
    assertThat(cache.redis().keys(key("s*").replace("{", "\\{"))).isEmpty();
  }

  @Test
  void rows_are_live_memories_live_sessions_and_patterns() {
    log.append(null, recorded("m1", "kept"));
    log.append(null, recorded("m2:memories", "kept"));
    log.append(null, recorded("m3", "expired", log.time().minusSeconds(1)));
    log.append("s1", said("a", "hi"));
    log.append("acme", "tom", null, learned("patterns", 0.5));
    log.applyTo(projector);
    assertThat(reader.rows(Duration.ofMinutes(1))).hasValue(4);
    assertThat(reader.rows(Duration.ZERO).isPresent())
        .as("one step is always taken, and it may be enough")
        .isIn(true, false);
  }

  @Test
  void no_tenant_or_subject_touches_another_whatever_they_are_called() {
    List<String> nasty =
        List.of("a", "a/b", "b", "a}:memories", "{", "}", "a%2Fb", "😀", "\0", "a:b", "", "*");
    for (String tenant : nasty) {
      for (String subject : nasty) {
        log.append(tenant, subject, subject, recorded(tenant, tenant + "|" + subject));
        log.append(tenant, subject, subject, said(tenant, tenant + "|" + subject));
      }
    }
    log.append("a", "a/b", null, forgotten("a"));
    log.append("a", "a/b", "a/b", ended());
    log.applyTo(projector);
    for (String tenant : nasty) {
      for (String subject : nasty) {
        boolean gone = tenant.equals("a") && subject.equals("a/b");
        List<String> expected = gone ? List.of() : List.of(tenant + "|" + subject);
        assertThat(reader.memories(tenant, subject).stream().map(CacheReader.LiveMemory::text))
            .containsExactlyElementsOf(expected);
        assertThat(
                reader.messages(tenant, subject, subject).stream()
                    .map(CacheReader.Message::content))
            .containsExactlyElementsOf(expected);
      }
    }
  }

  private CacheReader.Message message(
      String id,
      String role,
      @Nullable String content,
      List<String> toolCallIds,
      @Nullable String toolCallId,
      long offset) {
    return new CacheReader.Message(
        id,
        role,
        "helper",
        content,
        toolCallIds,
        toolCallId,
        log.time(),
        offset,
        log.time().plus(DAY));
  }

  private CacheReader.Pattern pattern(
      String id, double confidence, long reinforcements, long offset) {
    return new CacheReader.Pattern(
        id,
        "flies on Mondays",
        confidence,
        List.of("m1", "m2"),
        "helper",
        reinforcements,
        offset,
        log.time());
  }

  private String key(String part) {
    return CacheKeys.of(cache.names(), "acme", "mia").subject() + part;
  }
}
