package dev.driftless.projectors.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.schemas.Names;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CacheKeysTest {

  @Test
  void a_key_reads_prefix_tenant_subject_part() {
    CacheKeys keys = CacheKeys.of(Names.DEFAULT, "acme", "mia");
    assertThat(keys.memory("m1")).isEqualTo("driftless:{acme/mia}:memory:m1");
    assertThat(keys.messages("s1")).isEqualTo("driftless:{acme/mia}:session:s1:messages");
    assertThat(CacheKeys.position(Names.DEFAULT, 3)).isEqualTo("driftless:position:{3}");
  }

  @Test
  void an_installation_has_its_name_before_every_key() {
    Names blue = new Names("blue");
    assertThat(CacheKeys.of(blue, "acme", "mia").sessions())
        .isEqualTo("blue:driftless:{acme/mia}:sessions");
    assertThat(CacheKeys.position(blue, 3)).isEqualTo("blue:driftless:position:{3}");
  }

  @Test
  void what_would_be_ambiguous_is_percent_encoded_and_nothing_else() {
    assertThat(CacheKeys.encoded("a/b{c}d:e%f\0g\nh\u0085i"))
        .isEqualTo("a%2Fb%7Bc%7Dd%3Ae%25f%00g%0Ah%C2%85i");
    assertThat(CacheKeys.encoded("Zoë 猫 😀 *?[]")).isEqualTo("Zoë 猫 😀 *?[]");
  }

  @Test
  void no_two_subjects_and_no_two_parts_share_a_key() {
    List<String> ids =
        List.of("", "a", "a/b", "a%2Fb", "{a}", "a}:memory:b", "a:messages", "😀", "\0");
    Set<String> keys = new HashSet<>();
    int expected = 0;
    for (String tenant : ids) {
      for (String subject : ids) {
        CacheKeys of = CacheKeys.of(Names.DEFAULT, tenant, subject);
        keys.addAll(
            List.of(
                of.applied(), of.memories(), of.patterns(), of.reinforcements(), of.sessions()));
        expected += 5;
        for (String id : ids) {
          keys.addAll(
              List.of(of.memory(id), of.session(id), of.messages(id), of.openToolCalls(id)));
          expected += 4;
        }
      }
    }
    assertThat(keys).hasSize(expected);
  }

  @Test
  void all_keys_of_a_subject_have_its_hash_tag_and_no_brace_besides() {
    CacheKeys keys = CacheKeys.of(Names.DEFAULT, "{x}", "}{");
    assertThat(List.of(keys.applied(), keys.memory("{y}"), keys.messages("}{")))
        .allMatch(key -> key.startsWith("driftless:{%7Bx%7D/%7D%7B}:"))
        .allMatch(key -> key.chars().filter(c -> c == '{' || c == '}').count() == 2);
  }
}
