package dev.driftless.reconciler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.app.Views;
import dev.driftless.projectors.runtime.DeadLetter;
import dev.driftless.reconciler.Divergence.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the reconciler promises, on real stores with their projectors running. */
final class ReconcilerIT {

  private KeptViews views;
  private Stores stores;
  private Reconciler reconciler;

  @BeforeEach
  void open() {
    views = new KeptViews();
    stores = new Stores(views);
    reconciler = views.reconciler("it");
    views.publish(Events.everything("mia"));
    views.publish(Events.stream(new Random(3), 6, 200));
  }

  /** Returns when these views hold all that is in the log. */
  private void keep(List<String> some) {
    some.forEach(views::start);
    views.awaitCaughtUp(some.toArray(String[]::new));
  }

  @AfterEach
  void close() {
    reconciler.close();
    stores.close();
    views.close();
  }

  @Test
  void a_view_that_is_behind_has_not_drifted() {
    keep(Views.names());
    Views.names().forEach(views::stop);
    views.publish(Events.stream(new Random(4), 6, 100));
    for (boolean deep : List.of(false, true)) {
      Report report = reconciler.check(Views.names(), deep);
      assertThat(report.exitCode()).isZero();
      assertThat(report.views()).allSatisfy(view -> assertThat(view.compared()).isPositive());
    }
  }

  @Test
  void a_wiped_store_is_noticed_at_once_and_comes_back_equal() {
    List<String> some = List.of("relational", "cache", "vector");
    keep(some);
    for (String view : some) {
      Awaitility.await().until(() -> committed(view) > 100);
      views.stop(view);
      wipe(view);
      assertThat(divergences(reconciler.check(List.of(view), false)))
          .as(view)
          .isNotEmpty()
          .allSatisfy(
              d -> {
                assertThat(d.key()).startsWith("position ");
                assertThat(d.kind()).isEqualTo(Kind.STALE);
                assertThat(found(d).offset()).isZero();
                assertThat(expected(d).offset()).isPositive();
              });
      views.start(view);
      views.awaitCaughtUp(view);
      assertThat(reconciler.check(List.of(view), true).exitCode()).as(view).isZero();
    }
  }

  @Test
  void a_view_without_one_of_its_tables_is_not_called_right() {
    keep(List.of("relational", "context"));
    stores.sql("DROP TABLE R.tool_calls CASCADE");
    for (boolean deep : List.of(false, true)) {
      Report report = reconciler.check(List.of("relational", "context"), deep);
      assertThat(report.exitCode()).isEqualTo(2);
      assertThat(report.views().get(0).unknown()).contains("a table or function");
      assertThat(report.views().get(1).unknown()).isNull();
    }
  }

  @Test
  void a_store_put_back_from_an_older_copy_is_noticed_at_once_and_comes_back_equal() {
    keep(List.of("context"));
    views.stop("context");
    List<String> tables = List.of("patterns", "memories", "open_tool_calls", "view_positions");
    tables.forEach(t -> stores.sql("CREATE TABLE C.old_%s AS TABLE C.%s".formatted(t, t)));
    views.start("context");
    views.publish(Events.stream(new Random(9), 6, 150));
    views.awaitCaughtUp("context");
    long before = committed("context");
    Awaitility.await().until(() -> committed("context") >= before && committed("context") > 300);
    assertThat(reconciler.check(List.of("context"), false).exitCode()).isZero();
    views.stop("context");
    for (String t : tables) {
      stores.sql("DELETE FROM C." + t);
      stores.sql("INSERT INTO C.%s SELECT * FROM C.old_%s".formatted(t, t));
      stores.sql("DROP TABLE C.old_" + t);
    }
    assertThat(divergences(reconciler.check(List.of("context"), false)))
        .isNotEmpty()
        .allSatisfy(d -> assertThat(d.key()).startsWith("position "));
    views.start("context");
    views.awaitCaughtUp("context");
    assertThat(reconciler.check(List.of("context"), true).exitCode()).isZero();
  }

  @Test
  void a_position_moved_forward_over_events_is_found_by_what_they_did_not_do() {
    List<String> some = List.of("relational", "cache", "vector", "context");
    keep(some);
    for (String view : some) {
      assertThat(reconciler.check(List.of(view), false).exitCode()).isZero();
      views.stop(view);
    }
    views.publish(Events.everything("zoe"));
    try (Lag lag = new Lag(views.config())) {
      lag.logEnds().forEach(this::moveForward);
    }
    for (String view : some) {
      views.start(view);
      views.awaitCaughtUp(view);
      Report found = reconciler.check(List.of(view), false);
      assertThat(divergences(found))
          .as(view)
          .isNotEmpty()
          .allSatisfy(
              d -> {
                assertThat(d.kind()).isEqualTo(Kind.MISSING);
                assertThat(d.key()).contains("zoe");
              });
      assertThat(reconciler.repair(found, views.limits(50)).get(0).left()).isEmpty();
      assertThat(reconciler.check(List.of(view), true).exitCode()).isZero();
    }
  }

  @Test
  void a_position_moved_back_is_found_and_what_was_applied_twice_is_mended() {
    keep(List.of("context"));
    Awaitility.await().until(() -> committed("context") > 100);
    views.stop("context");
    stores.sql("UPDATE C.view_positions SET position = 0, log_time = 'epoch'");
    assertThat(divergences(reconciler.check(List.of("context"), false)))
        .anySatisfy(d -> assertThat(d.key()).startsWith("position "));
    views.start("context");
    views.awaitCaughtUp("context");
    // counters were counted twice: the position alone was moved, not the data
    Report found = reconciler.check(List.of("context"), true);
    assertThat(divergences(found)).isNotEmpty();
    assertThat(reconciler.repair(found, views.limits(100)).get(0).left()).isEmpty();
    assertThat(reconciler.check(List.of("context"), true).exitCode()).isZero();
  }

  @Test
  void what_was_set_aside_is_no_divergence_and_is_applied_once_its_cause_is_gone() {
    keep(List.of("relational"));
    stores.sql("ALTER TABLE R.memories ADD CONSTRAINT short CHECK (length(text) < 100)");
    MemoryEvent refused = Events.recorded("mia", "m1", "long ".repeat(50));
    views.publish(List.of(refused, Events.recorded("mia", "m8", "after it")));
    views.awaitCaughtUp("relational");
    Report report = reconciler.check(List.of("relational"), true);
    assertThat(report.exitCode()).isZero();
    assertThat(report.views().get(0).deadLetters())
        .isNotEmpty()
        .allSatisfy(
            d -> {
              assertThat(d.key()).startsWith("memory acme/mia m1");
              assertThat(d.deadLetter()).contains("the store refuses it");
            });
    List<DeadLetter> letters = views.letters("relational");
    assertThat(letters).hasSize(1);
    RepairLimits limits =
        new RepairLimits(5, views.directory().resolve("exports"), Duration.ofSeconds(4));
    assertThat(reconciler.retry("relational", letters, limits).left())
        .isNotEmpty()
        .allSatisfy(d -> assertThat(d.deadLetter()).isNotNull());
    stores.sql("ALTER TABLE R.memories DROP CONSTRAINT short");
    assertThat(reconciler.retry("relational", letters, views.limits(5)).left()).isEmpty();
    Report after = reconciler.check(List.of("relational"), true);
    assertThat(after.exitCode()).isZero();
    assertThat(after.views().get(0).deadLetters()).isEmpty();
    assertThat(
            stores.query("SELECT text FROM R.memories WHERE memory_id = 'm1' AND subject = 'mia'"))
        .containsExactly("long ".repeat(50));
  }

  @Test
  void a_repair_does_not_undo_what_is_written_meanwhile() throws Exception {
    List<String> some = List.of("relational", "cache");
    keep(some);
    Thread writer =
        new Thread(
            () -> {
              for (int i = 0; i < 200; i++) {
                views.publish(List.of(Events.revised("mia", "m1", "state " + i)));
              }
            });
    writer.start();
    for (int i = 0; i < 5; i++) {
      stores.sql("UPDATE R.memories SET agent = 'mallory' WHERE memory_id = 'm1'");
      stores.redis().hset(stores.key("mia", "memory:m1"), "agent", "mallory");
      Report found = reconciler.check(some, true);
      reconciler.repair(found, views.limits(100));
    }
    writer.join();
    views.awaitCaughtUp(some.toArray(String[]::new));
    Report last = reconciler.check(some, true);
    reconciler.repair(last, views.limits(100));
    assertThat(reconciler.check(some, true).exitCode()).isZero();
    assertThat(
            stores.query("SELECT text FROM R.memories WHERE memory_id = 'm1' AND subject = 'mia'"))
        .containsExactly("state 199");
  }

  private static Divergence.State expected(Divergence divergence) {
    return Objects.requireNonNull(divergence.expected());
  }

  private static Divergence.State found(Divergence divergence) {
    return Objects.requireNonNull(divergence.found());
  }

  private static List<Divergence> divergences(Report report) {
    List<Divergence> all = new ArrayList<>();
    report.views().forEach(view -> all.addAll(view.divergences()));
    return all;
  }

  private long committed(String view) {
    try (Lag lag = new Lag(views.config())) {
      return lag.committed(view).values().stream().mapToLong(Long::longValue).sum();
    }
  }

  private void wipe(String view) {
    switch (view) {
      case "relational" -> {
        for (String table :
            List.of(
                "memories",
                "memory_versions",
                "sessions",
                "past_sessions",
                "messages",
                "past_messages",
                "tool_calls",
                "past_tool_calls",
                "checkpoints",
                "view_positions")) {
          stores.sql("DELETE FROM R." + table);
        }
      }
      case "cache" -> {
        List<String> keys = stores.redis().keys(stores.key("*"));
        stores.redis().del(keys.toArray(String[]::new));
      }
      default -> stores.qdrant("POST", "/points/delete?wait=true", "{\"filter\":{}}");
    }
  }

  private void moveForward(int partition, long end) {
    for (String schema : List.of("R", "C")) {
      stores.sql(
          "UPDATE %s.view_positions SET position = %d WHERE partition = %d"
              .formatted(schema, end, partition));
    }
    stores.redis().hset(stores.key("position:{" + partition + "}"), "offset", Long.toString(end));
    stores.qdrant(
        "POST",
        "/points/payload?wait=true",
        "{\"points\":[%d],\"payload\":{\"offset\":%d}}".formatted(partition, end));
  }
}
