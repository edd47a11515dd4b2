package dev.driftless.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NamesTest {

  @Test
  void without_a_name_nothing_is_prefixed() {
    assertThat(Names.DEFAULT.log()).isEqualTo("memory-events");
    assertThat(Names.DEFAULT.schemaSubject()).isEqualTo("memory-events-value");
    assertThat(Names.DEFAULT.deadLetters("vector")).isEqualTo("memory-events.dead.vector");
    assertThat(Names.DEFAULT.controls()).isEqualTo("view-controls");
    assertThat(Names.DEFAULT.group("vector")).isEqualTo("driftless-vector");
    assertThat(Names.DEFAULT.prefixed("_", "context")).isEqualTo("context");
  }

  @Test
  void a_name_is_before_everything_that_servers_share() {
    Names names = new Names("blue");

    assertThat(names.log()).isEqualTo("blue-memory-events");
    assertThat(names.schemaSubject()).isEqualTo("blue-memory-events-value");
    assertThat(names.deadLetters("vector")).isEqualTo("blue-memory-events.dead.vector");
    assertThat(names.controls()).isEqualTo("blue-view-controls");
    assertThat(names.group("vector")).isEqualTo("blue-driftless-vector");
    assertThat(names.prefixed("_", "context")).isEqualTo("blue_context");
  }

  @Test
  void a_spare_generation_has_a_group_and_a_place_of_its_own_and_shares_all_else() {
    Names names = new Names("blue").spare();

    assertThat(names.group("vector")).isEqualTo("blue-driftless-vector-spare");
    assertThat(names.place("_", "context")).isEqualTo("blue_context_spare");
    assertThat(new Names("blue").place("_", "context")).isEqualTo("blue_context");
    assertThat(names.log()).isEqualTo("blue-memory-events");
    assertThat(names.deadLetters("vector")).isEqualTo("blue-memory-events.dead.vector");
    assertThat(names.controls()).isEqualTo("blue-view-controls");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Blue", "1blue", "_blue", "bl-ue", "bl ue", "blü", "a.b"})
  void a_name_that_some_server_would_refuse_is_refused(String name) {
    assertThatThrownBy(() -> new Names(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + name + "'")
        .hasMessageContaining("lower-case letters, digits and _");
  }

  @Test
  void a_name_has_at_most_30_characters() {
    assertThat(new Names("a".repeat(30)).log()).hasSize(44);
    assertThatThrownBy(() -> new Names("a".repeat(31))).hasMessageContaining("at most 30");
  }
}
