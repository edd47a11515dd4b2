package dev.driftless.producer;

import dev.driftless.schemas.LogContract;
import dev.driftless.schemas.Names;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.jspecify.annotations.Nullable;

/** All topics of an installation, as they are beside what they have to be. */
public final class LogTopics {

  private static final String MAX_MESSAGE_BYTES = "max.message.bytes";
  private static final String MIN_IN_SYNC = "min.insync.replicas";

  /**
   * What may not be otherwise; the rest of what a topic is created with is for the user to tune.
   */
  private static final Set<String> MUST =
      Set.of("cleanup.policy", "retention.bytes", "message.timestamp.type");

  private LogTopics() {}

  /**
   * A topic as it is.
   *
   * @param partitions 0 if it does not exist
   * @param replication of the partition that has the fewest replicas
   * @param minInSync how many replicas have to acknowledge a write
   * @param wrong what has to be changed; empty if nothing
   * @param risk what may be lost with one broker; null if nothing
   */
  public record State(
      String name,
      int partitions,
      int replication,
      int minInSync,
      List<String> wrong,
      @Nullable String risk) {}

  /**
   * The topics that {@link LogTopic#create} makes, the log first, and those that Kafka Streams
   * made.
   *
   * @throws LogUnavailableException if no broker answers
   */
  public static List<State> check(Admin admin, Names names, Collection<String> views) {
    FoundTopic log = FoundTopic.of(admin, names.log());
    FoundTopic repairs = FoundTopic.of(admin, names.repairs());
    // the topic of repairs still has as many as the log was made with; without both nobody knows
    int partitions = repairs != null ? repairs.partitions() : log != null ? log.partitions() : -1;
    int maxRecordBytes = log == null ? 0 : log.number(MAX_MESSAGE_BYTES);
    List<State> states = new ArrayList<>();
    states.add(state(LogTopic.log(names, partitions, 1), log));
    for (NewTopic expected : LogTopic.beside(names, partitions, 1, maxRecordBytes, views)) {
      states.add(state(expected, FoundTopic.of(admin, expected.name())));
    }
    for (String changelog : changelogs(admin, names, views)) {
      NewTopic asItIs = new NewTopic(changelog, -1, (short) 1).configs(Map.of());
      states.add(state(asItIs, FoundTopic.of(admin, changelog)));
    }
    return states;
  }

  /** The topics that Kafka Streams makes for what a view's projectors know of the past. */
  private static List<String> changelogs(Admin admin, Names names, Collection<String> views) {
    return LogTopic.get(admin.listTopics().names()).stream()
        .filter(topic -> topic.endsWith("-changelog"))
        .filter(topic -> views.stream().anyMatch(v -> topic.startsWith(names.group(v) + "-")))
        .sorted()
        .toList();
  }

  private static State state(NewTopic expected, @Nullable FoundTopic found) {
    if (found == null) {
      return new State(expected.name(), 0, 0, 0, List.of("does not exist"), null);
    }
    Map<String, String> must = new HashMap<>(expected.configs());
    String bytes = must.get(MAX_MESSAGE_BYTES);
    must.entrySet()
        .removeIf(e -> !MUST.contains(e.getKey()) && !isForEver(e.getKey(), e.getValue()));
    List<String> wrong = new ArrayList<>(LogContract.violations(must, found::value));
    if (expected.numPartitions() > 0 && expected.numPartitions() != found.partitions()) {
      wrong.add(
          "%d partitions instead of %d".formatted(found.partitions(), expected.numPartitions()));
    }
    if (bytes != null && found.number(MAX_MESSAGE_BYTES) < Integer.parseInt(bytes)) {
      wrong.add(
          "%s=%d instead of at least %s"
              .formatted(MAX_MESSAGE_BYTES, found.number(MAX_MESSAGE_BYTES), bytes));
    }
    int minInSync = found.number(MIN_IN_SYNC);
    return new State(
        found.name(),
        found.partitions(),
        found.replication(),
        minInSync,
        wrong,
        risk(found.replication(), minInSync));
  }

  private static boolean isForEver(String key, String value) {
    return key.equals("retention.ms") && value.equals("-1");
  }

  static @Nullable String risk(int replication, int minInSync) {
    if (replication == 1) {
      return "one replica: it is lost with its broker";
    } else if (minInSync == 1) {
      return "min.insync.replicas=1: what was acknowledged may be on one broker alone";
    } else if (minInSync >= replication) {
      return "min.insync.replicas=%d of %d replicas: it takes no record while a broker is away"
          .formatted(minInSync, replication);
    }
    return null;
  }
}
