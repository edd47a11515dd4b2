package dev.driftless.producer;

import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

/** A topic as the brokers tell it. */
record FoundTopic(TopicDescription description, Config config) {

  /**
   * Null if there is no such topic.
   *
   * @throws LogUnavailableException if no broker answers
   */
  static @Nullable FoundTopic of(Admin admin, String name) {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
    try {
      TopicDescription description =
          LogTopic.get(admin.describeTopics(List.of(name)).allTopicNames()).get(name);
      Config config = LogTopic.get(admin.describeConfigs(List.of(resource)).all()).get(resource);
      if (description == null || config == null) {
        throw new IllegalStateException("the broker says nothing about " + name);
      }
      return new FoundTopic(description, config);
    } catch (UnknownTopicOrPartitionException e) {
      return null;
    }
  }

  String name() {
    return description.name();
  }

  String topicId() {
    return description.topicId().toString();
  }

  int partitions() {
    return description.partitions().size();
  }

  /** Of the partition that has the fewest replicas. */
  int replication() {
    return description.partitions().stream().mapToInt(p -> p.replicas().size()).min().orElse(0);
  }

  String value(String key) {
    return config.get(key) == null ? "nothing" : String.valueOf(config.get(key).value());
  }

  int number(String key) {
    return Integer.parseInt(value(key));
  }
}
