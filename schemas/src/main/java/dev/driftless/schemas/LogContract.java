package dev.driftless.schemas;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the log's topic has to be, so that nothing of it is deleted, merged, or out of log time. */
public final class LogContract {

  /** The topic's settings. */
  public static final Map<String, String> SETTINGS =
      Map.of(
          "cleanup.policy", "delete",
          "retention.ms", "-1",
          "retention.bytes", "-1",
          "message.timestamp.type", "LogAppendTime");

  private LogContract() {}

  /**
   * What is wrong with a log that has not the number of partitions that it was made with, which the
   * topic of repairs still has.
   */
  public static String otherPartitions(String log, int now, String repairs, int made) {
    return "the topic %s has %d partitions and was made with %d (as %s has): a subject's events may be in two of them, and in no order; publish to a new log"
        .formatted(log, now, made, repairs);
  }

  /**
   * Which settings of a topic are not as they have to be, each as "key=found instead of expected".
   *
   * @param found the value of a key; null if the broker does not tell it
   */
  public static List<String> violations(Function<String, @Nullable String> found) {
    return violations(SETTINGS, found);
  }

  /** What is wrong with a log that has these {@link #violations}. */
  public static String unfit(String log, List<String> violations) {
    return "the topic %s is not fit to be the log: it has %s; change it with kafka-configs"
        .formatted(log, String.join(", ", violations));
  }

  /** As {@link #violations(Function)}, of a topic that has to have these settings. */
  public static List<String> violations(
      Map<String, String> expected, Function<String, @Nullable String> found) {
    return new TreeMap<>(expected)
        .entrySet().stream()
            .filter(e -> !e.getValue().equals(found.apply(e.getKey())))
            .map(
                e ->
                    "%s=%s instead of %s"
                        .formatted(e.getKey(), found.apply(e.getKey()), e.getValue()))
            .toList();
  }
}
