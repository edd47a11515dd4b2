package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.reconciler.CannotTellException;
import dev.driftless.reconciler.Report;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
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
        };
    try (Watch watch = watch(Duration.ofMillis(20), endless)) {
      asked.await();

      assertThatThrownBy(watch::stop).hasMessageContaining("does not end in PT0.02S");
    } finally {
      never.countDown();
    }
  }

  private interface Body {
    void run() throws InterruptedException;
  }

  private static void throwing(CountDownLatch asked, RuntimeException e) {
    asked.countDown();
    throw e;
  }

  private static Watch watch(Duration patience, Body body) {
    return new Watch(
        new Watch.Check() {
          @Override
          public Report run(boolean deep) {
            try {
              body.run();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            throw new CannotTellException("over");
          }

          @Override
          public void close() {}
        },
        view -> false,
        patience);
  }
}
