package dev.driftless.cli;

import dev.driftless.producer.LogTopic;
import dev.driftless.producer.LogTopics;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code driftless topics}. */
@Command(
    name = "topics",
    mixinStandardHelpOptions = true,
    description = "The log and the topics beside it, on your own brokers.")
final class TopicsCommand {

  private static final int REPLICATION = 3;

  @Command(
      name = "create",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description =
          "Creates what is missing, and shows all as they are; what exists is not changed.",
      footer = {"", "Exit code 0 only if nothing has to be changed."})
  int create(
      @Option(
              names = "--partitions",
              paramLabel = "N",
              defaultValue = "24",
              description = "Of the log, for ever. Default: ${DEFAULT-VALUE}.")
          int partitions,
      @Option(
              names = "--replication",
              paramLabel = "N",
              description =
                  "Of each topic; from 3 on, two replicas have to acknowledge a write. Default: as many as the log has, or DRIFTLESS_REPLICATION, or 3.")
          @Nullable Integer replication,
      @Mixin Connection connection,
      @Mixin Output output) {
    ProjectorsConfig config = connection.config();
    try (Admin admin = EventLog.admin(config)) {
      LogTopic.create(
          admin,
          config.names(),
          partitions,
          replication == null ? replication(admin, config) : replication,
          Views.names());
      return show(admin, config, output);
    }
  }

  private static int replication(Admin admin, ProjectorsConfig config) {
    int found = LogTopics.check(admin, config.names(), Views.names()).get(0).replication();
    if (found > 0) {
      return found;
    }
    Integer told = config.reading().replication();
    return told == null ? REPLICATION : told;
  }

  @Command(
      name = "check",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = "Shows which topics are missing or not as they have to be.",
      footer = {"", "Exit code 0 only if nothing has to be changed."})
  int check(@Mixin Connection connection, @Mixin Output output) {
    ProjectorsConfig config = connection.config();
    try (Admin admin = EventLog.admin(config)) {
      return show(admin, config, output);
    }
  }

  private static int show(Admin admin, ProjectorsConfig config, Output output) {
    List<LogTopics.State> topics = LogTopics.check(admin, config.names(), Views.names());
    output.table(
        "topics",
        topics,
        new Table("topic", "partitions", "replicas", "acknowledging", "risk"),
        t -> Output.cells(t.name(), t.partitions(), t.replication(), t.minInSync(), t.risk()));
    output.table(
        "to be changed",
        topics.stream().flatMap(t -> t.wrong().stream().map(w -> List.of(t.name(), w))).toList(),
        new Table("topic", "what"),
        List::toArray);
    output.json(Map.of("topics", topics));
    return topics.stream().allMatch(t -> t.wrong().isEmpty()) ? 0 : 1;
  }
}
