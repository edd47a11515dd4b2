package dev.driftless.projectors.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
import dev.driftless.schemas.Names;
import java.util.List;
import org.junit.jupiter.api.Test;

class KnownKeyTest {

  private static final Names NAMES = new Names("blue");
  private static final List<String> IDS = List.of("", "a", "a/b", "a%2Fb", "{a}:+", "😀", "\0");

  @Test
  void a_key_is_read_as_it_was_written() {
    for (String tenant : IDS) {
      for (String subject : IDS) {
        Entity of = new Entity(Kind.SUBJECT, tenant, subject, "", "");
        CacheKeys keys = CacheKeys.of(NAMES, tenant, subject);
        assertKnown(keys.applied(), "string", of, false);
        assertKnown(keys.memories(), "zset", entity(of, Kind.MEMORY, "", ""), true);
        assertKnown(keys.patterns(), "hash", entity(of, Kind.PATTERN, "", ""), true);
        assertKnown(keys.reinforcements(), "hash", entity(of, Kind.PATTERN, "", ""), true);
        assertKnown(keys.sessions(), "zset", entity(of, Kind.SESSION, "", ""), true);
        for (String id : IDS) {
          assertKnown(keys.memory(id), "hash", entity(of, Kind.MEMORY, "", id), false);
          Entity session = entity(of, Kind.SESSION, id, "");
          assertKnown(keys.session(id), "hash", session, false);
          assertKnown(keys.messages(id), "stream", session, false);
          assertKnown(keys.openToolCalls(id), "hash", session, false);
        }
      }
    }
  }

  @Test
  void a_member_of_an_index_is_a_memory_a_pattern_or_a_session() {
    CacheKeys keys = CacheKeys.of(NAMES, "acme", "mia");
    assertThat(List.of(keys.memories(), keys.reinforcements(), keys.sessions()))
        .extracting(key -> String.valueOf(known(key).member("x")))
        .containsExactly("memory acme/mia x", "pattern acme/mia x", "session acme/mia x");
  }

  @Test
  void a_key_that_the_projector_would_not_write_is_not_known() {
    String subject = "blue:driftless:{acme/mia}:";
    assertThat(
            List.of(
                subject + "memory",
                subject + "memories:x",
                subject + "sessions:x",
                subject + "session:s:messages:x",
                subject + "session:s:other",
                subject + "memory:m:messages",
                subject + "memory:%zz",
                subject + "memory:a%2fb",
                subject + "memory:%61",
                subject + "memory:\n",
                subject + "other",
                subject,
                "blue:driftless:{acme}:applied",
                "blue:driftless:acme/mia:applied",
                "blue:driftless:position:{0}",
                "blue:driftless:"))
        .allSatisfy(key -> assertThat(KnownKey.of(NAMES, key)).isNull());
  }

  private static void assertKnown(String key, String type, Entity entity, boolean index) {
    assertThat(KnownKey.of(NAMES, key)).isEqualTo(new KnownKey(key, type, entity, index));
  }

  private static KnownKey known(String key) {
    KnownKey known = KnownKey.of(NAMES, key);
    assertThat(known).isNotNull();
    return known;
  }

  private static Entity entity(Entity subject, Kind kind, String session, String id) {
    return new Entity(kind, subject.tenant(), subject.subject(), session, id);
  }
}
