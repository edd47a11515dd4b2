package dev.driftless.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.producer.NotVisibleException.Behind;
import dev.driftless.schemas.ViewPosition;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class KnownPositionsTest {

  private static final String LOG = "AAAAAAAAAAAAAAAAAAAAAA";
  private static final Instant NOW = Instant.parse("2026-05-01T15:00:00Z");
  private static final Receipt RECEIPT = new Receipt(LOG, 3, 41);

  private final KnownPositions known = new KnownPositions(LOG);

  @BeforeEach
  void complete() {
    known.complete();
  }

  @Test
  void an_event_is_visible_once_the_position_is_beyond_it() {
    assertThat(isVisible(View.VECTOR, RECEIPT)).isFalse();
    told(7, 41);
    assertThat(isVisible(View.VECTOR, RECEIPT)).isFalse();
    told(7, 42);
    assertThat(isVisible(View.VECTOR, RECEIPT)).isTrue();
    assertThat(isVisible(View.CACHE, RECEIPT)).isFalse();
    assertThat(isVisible(View.VECTOR, new Receipt(LOG, 2, 41))).isFalse();
  }

  @Test
  void nothing_is_visible_before_all_is_known_that_was_told_earlier() {
    KnownPositions reading = new KnownPositions(LOG);
    reading.told(new ViewPosition("vector", 3, LOG, "", 7, 42, 0, null), NOW);
    assertThat(reading.behind(View.VECTOR, List.of(RECEIPT), NOW))
        .singleElement()
        .hasToString(
            "nothing is known of the view vector in partition 3 (what projectors tell is still being read)");
    reading.complete();
    assertThat(reading.behind(View.VECTOR, List.of(RECEIPT), NOW)).isEmpty();
  }

  @Test
  void a_projector_that_was_replaced_is_not_believed_whatever_it_says_late() {
    told(8, 20); // the view was put back from a copy
    told(7, 42);
    assertThat(isVisible(View.VECTOR, RECEIPT)).isFalse();
    told(8, 42);
    assertThat(isVisible(View.VECTOR, RECEIPT)).isTrue();
  }

  @Test
  void what_was_told_before_the_view_went_back_does_not_count() {
    told(7, 42);
    told(8, 0);
    assertThat(isVisible(View.VECTOR, RECEIPT)).isFalse();
  }

  @Test
  void a_position_in_another_log_does_not_count_and_is_told() {
    known.told(new ViewPosition("vector", 3, "BBBBBBBBBBBBBBBBBBBBBB", "", 7, 42, 0, null), NOW);
    assertThat(behind().why()).contains("another log", "BBBBBBBBBBBBBBBBBBBBBB");
  }

  @Test
  void nothing_is_visible_before_what_was_set_aside_up_to_there_is_known() {
    known.told(new ViewPosition("vector", 3, LOG, "", 7, 42, 5, null), NOW);
    assertThat(behind().why()).contains("what it set aside is still being read");
    known.lettersRead("vector", 4);
    assertThat(isVisible(View.VECTOR, RECEIPT)).isFalse();
    known.lettersRead("vector", 5);
    assertThat(isVisible(View.VECTOR, RECEIPT)).isTrue();
  }

  @Test
  void what_was_set_aside_is_refused_by_that_view_alone() {
    told(7, 42);
    known.setAside("vector", "", 3, 41, "no event");
    assertThatThrownBy(() -> known.checkNotSetAside(View.VECTOR, Set.of(RECEIPT)))
        .isInstanceOf(SetAsideException.class)
        .hasMessageContaining(
            "the view vector set the event at partition 3, offset 41 aside: no event");
    known.checkNotSetAside(View.CACHE, Set.of(RECEIPT));
    known.checkNotSetAside(View.VECTOR, Set.of(new Receipt(LOG, 3, 40)));
  }

  @Test
  void what_another_generation_set_aside_does_not_count() {
    known.setAside("vector", "2", 3, 41, "no event");
    known.told(new ViewPosition("vector", 3, LOG, "1", 7, 42, 0, null), NOW);
    known.checkNotSetAside(View.VECTOR, Set.of(RECEIPT));
    known.told(new ViewPosition("vector", 3, LOG, "2", 8, 42, 0, null), NOW);
    assertThatThrownBy(() -> known.checkNotSetAside(View.VECTOR, Set.of(RECEIPT)))
        .isInstanceOf(SetAsideException.class);
  }

  @Test
  void how_far_a_view_is_behind_counts_the_event_itself() {
    assertThat(behind())
        .hasToString(
            "nothing is known of the view vector in partition 3 (its projector has told nothing: is it running?)");
    told(7, 40);
    assertThat(behind()).isEqualTo(new Behind(View.VECTOR, 3, 2, null));
    assertThat(behind()).hasToString("the view vector is 2 events behind in partition 3");
  }

  @Test
  void why_a_view_does_not_go_on_is_told_and_that_its_projector_is_silent_too() {
    known.told(new ViewPosition("vector", 3, LOG, "", 7, 40, 0, "Connection refused"), NOW);
    assertThat(behind())
        .hasToString("the view vector is 2 events behind in partition 3 (Connection refused)");
    assertThat(behind(NOW.plusSeconds(90)).why()).contains("Connection refused; ", "90 s");
  }

  @Test
  void of_several_events_in_a_partition_the_last_one_is_waited_for() {
    Receipt later = new Receipt(LOG, 3, 50);
    Receipt elsewhere = new Receipt(LOG, 1, 7);
    assertThat(KnownPositions.furthest(List.of(RECEIPT, later, elsewhere)))
        .containsExactlyInAnyOrder(later, elsewhere);
  }

  private boolean isVisible(View view, Receipt receipt) {
    return known.behind(view, List.of(receipt), NOW).findAny().isEmpty();
  }

  private Behind behind() {
    return behind(NOW);
  }

  private Behind behind(Instant now) {
    return known.behind(View.VECTOR, List.of(RECEIPT), now).findAny().orElseThrow();
  }

  private void told(long epoch, long offset) {
    known.told(new ViewPosition("vector", 3, LOG, "", epoch, offset, 0, null), NOW);
  }
}
