package dev.driftless.projectors.runtime;

import dev.driftless.schemas.Names;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How projectors read the log.
 *
 * @param names the prefix of topics and groups
 * @param kafka client settings, {@code bootstrap.servers} among them; passed through as they are
 * @param stateDirectory where the folds are kept on disk; may be lost, they are also in Kafka
 * @param instance a name that stays the same when this process is started again, so that its
 *     partitions wait for it instead of moving; null if they shall move
 * @param threads stream threads per view, at least 1; more than there are partitions are idle
 * @param maxBatch records in one batch of a partition at most, 1 to 10,000
 * @param commitInterval how often offsets are committed
 * @param checkInterval how often the stored position is read again
 * @param idempotencyWindow for how long, in log time, an event id is remembered
 */
public record RuntimeConfig(
    Names names,
    Map<String, String> kafka,
    Path stateDirectory,
    @Nullable String instance,
    int threads,
    int maxBatch,
    Duration commitInterval,
    Duration checkInterval,
    Duration idempotencyWindow) {

  public RuntimeConfig {
    kafka = Map.copyOf(kafka);
    check(kafka.containsKey("bootstrap.servers"), "kafka: bootstrap.servers is missing");
    check(threads >= 1, "threads: expected at least 1, found " + threads);
    check(maxBatch >= 1 && maxBatch <= 10_000, "maxBatch: expected 1 to 10000, found " + maxBatch);
    check(
        commitInterval.toMillis() >= 100,
        "commitInterval: expected at least PT0.1S, found " + commitInterval);
    check(
        checkInterval.toMillis() >= 100,
        "checkInterval: expected at least PT0.1S, found " + checkInterval);
    check(
        !idempotencyWindow.isNegative(),
        "idempotencyWindow: expected PT0S or more, found " + idempotencyWindow);
  }

  /** Without Kafka's settings, which may hold a password. */
  @Override
  public String toString() {
    return "RuntimeConfig[names=%s, stateDirectory=%s, instance=%s, threads=%d, maxBatch=%d]"
        .formatted(names, stateDirectory, instance, threads, maxBatch);
  }

  private static void check(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
