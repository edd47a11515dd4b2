package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.ReadCost;
import dev.driftless.reconciler.CannotTellException;
import dev.driftless.reconciler.Divergence;
import dev.driftless.reconciler.Report;
import dev.driftless.reconciler.ViewReport;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class WatchTest {

  private static final Duration LONG = Duration.ofMinutes(1);

  @Test
  void that_nothing_can_be_told_while_the_broker_is_away_is_no_failure() throws Exception {
    CountDownLatch asked = new CountDownLatch(2);
    try (Watch watch = watch(LONG, () -> throwing(asked, new CannotTellException("away")))) {
      asked.await();

      assertThatCode(watch::stop).doesNotThrowAnyException();
    }
  }

  @Test
  void whatever_else_a_check_throws_is_told() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    try (Watch watch = watch(LONG, () -> throwing(asked, new IllegalStateException("broken")))) {
      asked.await();

      assertThatThrownBy(watch::stop).hasMessage("broken");
    }
  }

  @Test
  void a_check_that_does_not_end_is_not_waited_for_without_end() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    Body endless =
        () -> {
          asked.countDown();
          never.await();
          throw new CannotTellException("over");
        };
    try (Watch watch = watch(Duration.ofMillis(20), endless)) {
      asked.await();

      assertThatThrownBy(watch::stop).hasMessageContaining("does not end in PT0.02S");
    } finally {
      never.countDown();
    }
  }

  @Test
  void a_divergence_is_a_false_alarm_unless_it_is_a_position_of_a_store_that_lost_it()
      throws Exception {
    Divergence row = divergence("cache", new Entity(Entity.Kind.MEMORY, "acme", "mia", "", "m1"));
    Divergence moved = divergence("context", Entity.position(0));
    Divergence lost = divergence("cache", Entity.position(0));
    CountDownLatch told = new CountDownLatch(2);
    try (Watch watch = watch(LONG, () -> report(told, row, moved, lost))) {
      told.await();
      watch.stop();

      assertThat(watch.alarms())
          .anySatisfy(alarm -> assertThat(alarm).startsWith("cache: " + row.key()))
          .anySatisfy(alarm -> assertThat(alarm).startsWith("context: " + moved.key()))
          .noneSatisfy(alarm -> assertThat(alarm).startsWith("cache: " + lost.key()));
    }
  }

  private interface Body {
    Report run() throws InterruptedException;
  }

  private static Report throwing(CountDownLatch asked, RuntimeException e) {
    asked.countDown();
    throw e;
  }

  private static Report report(CountDownLatch asked, Divergence... divergences) {
    asked.countDown();
    return new Report(
        Instant.EPOCH,
        Stream.of(divergences)
            .map(
                d ->
                    new ViewReport(
                        d.view(),
                        false,
                        1,
                        Map.of(),
                        List.of(d),
                        1,
                        List.of(),
                        ReadCost.NONE,
                        Duration.ZERO,
                        null))
            .toList());
  }

  private static Divergence divergence(String view, Entity entity) {
    return new Divergence(view, entity, "", Divergence.Kind.STALE, null, null, null);
  }

  private static Watch watch(Duration patience, Body body) {
    return new Watch(
        new Watch.Check() {
          @Override
          public Report run(boolean deep) {
            try {
              return body.run();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
              throw new CannotTellException("over");
            }
          }

          @Override
          public void close() {}
        },
        view -> view.equals("cache"),
        patience);
  }
}
