package dev.driftless.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class ViewPositionTest {

  private static final ViewPosition POSITION =
      new ViewPosition("vector", 3, "AAAAAAAAAAAAAAAAAAAAAA", "2", 7, 42, 5, null);

  @Test
  void a_position_is_a_json_object_under_view_and_partition() {
    assertThat(new String(POSITION.key(), UTF_8)).isEqualTo("vector/3");
    assertThat(new String(POSITION.value(), UTF_8))
        .isEqualTo(
            "{\"view\":\"vector\",\"partition\":3,\"topicId\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"generation\":\"2\","
                + "\"epoch\":7,\"offset\":42,\"deadLettersEnd\":5}");
    assertThat(ViewPosition.of(POSITION.value())).isEqualTo(POSITION);
  }

  @Test
  void what_a_newer_version_adds_is_passed_over() {
    String newer = new String(POSITION.value(), UTF_8).replace("{", "{\"more\":[1],");
    assertThat(ViewPosition.of(newer.getBytes(UTF_8))).isEqualTo(POSITION);
  }

  @Test
  void what_is_no_position_is_refused() {
    assertThatThrownBy(() -> ViewPosition.of("paused".getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
