package dev.driftless.producer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.producer.NotVisibleException.Behind;
import dev.driftless.schemas.ViewPosition;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class KnownPositionsTest {

  private static final String LOG = "AAAAAAAAAAAAAAAAAAAAAA";
  private static final Instant NOW = Instant.parse("2026-05-01T15:00:00Z");
  private static final Receipt RECEIPT = new Receipt(LOG, 3, 41);

  private final KnownPositions known = new KnownPositions(LOG);

  @Test
  void an_event_is_visible_once_the_position_is_beyond_it() {
    assertThat(known.isVisible(View.VECTOR, RECEIPT)).isFalse();
    told(7, 41);
    assertThat(known.isVisible(View.VECTOR, RECEIPT)).isFalse();
    told(7, 42);
    assertThat(known.isVisible(View.VECTOR, RECEIPT)).isTrue();
    assertThat(known.isVisible(View.CACHE, RECEIPT)).isFalse();
    assertThat(known.isVisible(View.VECTOR, new Receipt(LOG, 2, 41))).isFalse();
  }

  @Test
  void a_projector_that_was_replaced_is_not_believed_whatever_it_says_late() {
    told(8, 20); // the view was put back from a copy
    told(7, 42);
    assertThat(known.isVisible(View.VECTOR, RECEIPT)).isFalse();
    told(8, 42);
    assertThat(known.isVisible(View.VECTOR, RECEIPT)).isTrue();
  }

  @Test
  void what_was_told_before_the_view_went_back_does_not_count() {
    told(7, 42);
    told(8, 0);
    assertThat(known.isVisible(View.VECTOR, RECEIPT)).isFalse();
  }

  @Test
  void a_position_in_another_log_does_not_count_and_is_told() {
    known.told(new ViewPosition("vector", 3, "BBBBBBBBBBBBBBBBBBBBBB", "", 7, 42, 0, null), NOW);
    assertThat(known.isVisible(View.VECTOR, RECEIPT)).isFalse();
    assertThat(behind().why()).contains("another log", "BBBBBBBBBBBBBBBBBBBBBB");
  }

  @Test
  void nothing_is_visible_before_what_was_set_aside_up_to_there_is_known() {
    known.told(new ViewPosition("vector", 3, LOG, "", 7, 42, 5, null), NOW);
    assertThat(known.isVisible(View.VECTOR, RECEIPT)).isFalse();
    known.lettersRead("vector", 4);
    assertThat(known.isVisible(View.VECTOR, RECEIPT)).isFalse();
    known.lettersRead("vector", 5);
    assertThat(known.isVisible(View.VECTOR, RECEIPT)).isTrue();
  }

  @Test
  void what_was_set_aside_is_refused_by_that_view_alone() {
    known.setAside("vector", 3, 41, "no event");
    assertThat(known.refusal(View.VECTOR, RECEIPT)).isEqualTo("no event");
    assertThat(known.refusal(View.CACHE, RECEIPT)).isNull();
    assertThat(known.refusal(View.VECTOR, new Receipt(LOG, 3, 40))).isNull();
  }

  @Test
  void how_far_a_view_is_behind_counts_the_event_itself() {
    assertThat(behind())
        .isEqualTo(
            new Behind(View.VECTOR, 3, 42, "its projector has told nothing: is it running?"));
    told(7, 40);
    assertThat(behind()).isEqualTo(new Behind(View.VECTOR, 3, 2, null));
    assertThat(behind()).hasToString("the view vector is 2 events behind in partition 3");
  }

  @Test
  void why_a_view_does_not_go_on_is_told() {
    known.told(new ViewPosition("vector", 3, LOG, "", 7, 40, 0, "Connection refused"), NOW);
    assertThat(behind())
        .hasToString("the view vector is 2 events behind in partition 3 (Connection refused)");
  }

  @Test
  void a_projector_that_is_silent_for_long_is_told() {
    told(7, 40);
    assertThat(known.behind(View.VECTOR, RECEIPT, NOW.plusSeconds(90)).why()).contains("90 s");
  }

  private Behind behind() {
    return known.behind(View.VECTOR, RECEIPT, NOW);
  }

  private void told(long epoch, long offset) {
    known.told(new ViewPosition("vector", 3, LOG, "", epoch, offset, 0, null), NOW);
  }
}
