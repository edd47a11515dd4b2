package dev.driftless.bench.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.bench.faults.Action.Kind;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class TallyTest {

  private static final Action MEMORY = new Action(1, Kind.MEMORY, "mia", "s1", "likes the window");
  private static final Action PATTERN = new Action(2, Kind.PATTERN, "mia", "s1", "books late");

  private final Holdings holdings = new Holdings();

  @Test
  void what_is_in_all_its_stores_once_is_no_failure() {
    whole(MEMORY);
    whole(PATTERN);

    assertThat(tally(Outcome.ACKNOWLEDGED)).isEqualTo(new Tally(0, 0, 0, 0, 0, 0, 0, 0));
    assertThat(tally(Outcome.ACKNOWLEDGED).isClean()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "VECTOR,     1, 0, 0, 0",
    "RELATIONAL, 1, 1, 0, 0",
    "CACHE,      0, 0, 1, 0",
    "LOG,        0, 1, 0, 0",
    "AUDIT,      0, 0, 0, 1",
    "CONTEXT,    0, 0, 1, 0"
  })
  void the_store_that_is_wrong_gives_the_failure_its_names(
      Store wrong, int drift, int divergence, int desync, int gap) {
    Tally expected = new Tally(1, drift, divergence, desync, gap, 0, 0, 0);
    whole(MEMORY);
    whole(PATTERN);

    holdings.remove(wrong, MEMORY.id());
    assertThat(tally(Outcome.ACKNOWLEDGED)).as("missing").isEqualTo(expected);
    assertThat(tally(Outcome.CUT_SHORT)).as("missing, and nobody was told").isEqualTo(expected);

    holdings.add(wrong, MEMORY.id(), Action.hash("likes the aisle"));
    assertThat(tally(Outcome.ACKNOWLEDGED)).as("stale").isEqualTo(expected);
    assertThat(expected.isClean()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(Store.class)
  void what_was_refused_and_is_in_one_store_all_the_same_is_partial(Store store) {
    holdings.add(store, MEMORY.id(), MEMORY.textHash());

    assertThat(tally(Outcome.REFUSED).partial()).isEqualTo(1);
    assertThat(tally(Outcome.REFUSED).lost()).isZero();
  }

  @Test
  void a_pattern_in_a_store_where_it_does_not_belong_is_drift() {
    whole(MEMORY);
    whole(PATTERN);
    holdings.add(Store.VECTOR, PATTERN.id(), PATTERN.textHash());

    assertThat(tally(Outcome.ACKNOWLEDGED)).isEqualTo(new Tally(1, 1, 0, 0, 0, 0, 0, 0));
  }

  @Test
  void what_was_acknowledged_and_is_nowhere_is_lost() {
    assertThat(tally(Outcome.ACKNOWLEDGED)).isEqualTo(new Tally(0, 0, 0, 0, 0, 2, 0, 0));
    assertThat(tally(Outcome.ACKNOWLEDGED).isClean()).isFalse();
  }

  @Test
  void what_was_not_acknowledged_and_is_nowhere_is_no_failure() {
    assertThat(tally(Outcome.REFUSED).isClean()).isTrue();
    assertThat(tally(Outcome.CUT_SHORT).isClean()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LOG")
  void what_a_store_holds_twice_is_duplicated_and_not_partial(Store store) {
    whole(MEMORY);
    holdings.add(store, MEMORY.id(), MEMORY.textHash());

    assertThat(tally(Outcome.CUT_SHORT)).isEqualTo(new Tally(0, 0, 0, 0, 0, 0, 1, 0));
    assertThat(tally(Outcome.CUT_SHORT).isClean()).isFalse();
  }

  @Test
  void a_record_that_repeats_an_action_is_counted_apart_and_may_be_audited() {
    whole(MEMORY);
    holdings.add(Store.LOG, MEMORY.id(), MEMORY.textHash());
    holdings.add(Store.LOG, MEMORY.id(), MEMORY.textHash());
    holdings.add(Store.AUDIT, MEMORY.id(), MEMORY.textHash());
    holdings.add(Store.AUDIT, MEMORY.id(), MEMORY.textHash());

    assertThat(tally(Outcome.CUT_SHORT)).isEqualTo(new Tally(0, 0, 0, 0, 0, 0, 0, 2));
    assertThat(tally(Outcome.CUT_SHORT).isClean()).isTrue();

    holdings.add(Store.AUDIT, MEMORY.id(), MEMORY.textHash());
    assertThat(tally(Outcome.CUT_SHORT).duplicated()).isEqualTo(1);
  }

  @Test
  void what_is_no_action_is_not_overlooked() {
    holdings.add(Store.CONTEXT, "memory-000003", MEMORY.textHash());

    assertThatThrownBy(() -> tally(Outcome.ACKNOWLEDGED)).hasMessageContaining("memory-000003");
  }

  private void whole(Action action) {
    action.stores().forEach(store -> holdings.add(store, action.id(), action.textHash()));
  }

  private Tally tally(Outcome outcome) {
    return Tally.of(List.of(MEMORY, PATTERN), Map.of(1, outcome, 2, outcome), holdings);
  }
}
