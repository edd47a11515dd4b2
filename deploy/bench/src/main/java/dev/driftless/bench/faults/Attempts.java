package dev.driftless.bench.faults;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** The same call again, up to five times, with growing pauses of random length between. */
final class Attempts {

  static final int MOST = 5;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(10);

  private Attempts() {}

  interface Call {
    void run() throws Exception;
  }

  /** Throws what the last attempt threw. */
  static void at(Call call) throws Exception {
    for (int attempt = 1; ; attempt++) {
      try {
        call.run();
        return;
      } catch (Exception e) {
        if (attempt == MOST || e instanceof InterruptedException) {
          throw e;
        }
        long pause = FIRST_PAUSE.toMillis() << (attempt - 1);
        Thread.sleep(pause + ThreadLocalRandom.current().nextLong(pause));
      }
    }
  }
}
