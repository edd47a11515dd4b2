package dev.driftless.projectors.app;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;

/** The settings that Kafka's clients and Kafka Streams have: they only warn of any other. */
final class KafkaKeys {

  private static final Set<String> KNOWN =
      Stream.of(
              StreamsConfig.configDef().names(),
              ConsumerConfig.configNames(),
              ProducerConfig.configNames(),
              AdminClientConfig.configNames())
          .flatMap(Collection::stream)
          .collect(Collectors.toUnmodifiableSet());

  /** Which of Kafka Streams' clients is meant. */
  private static final Pattern CLIENT =
      Pattern.compile("^((main\\.|restore\\.|global\\.)?consumer|producer|admin)\\.");

  /** What names a class of the user's own, which may read settings that Kafka does not know. */
  private static final List<String> PLUGS =
      List.of(".class", ".classes", ".reporters", ".providers");

  private KafkaKeys() {}

  /** The first that nobody would read, if there is one. */
  static Optional<String> unknown(Collection<String> keys) {
    if (keys.stream().anyMatch(key -> PLUGS.stream().anyMatch(key::endsWith))) {
      return Optional.empty();
    }
    return keys.stream().filter(key -> !isKnown(key)).sorted().findFirst();
  }

  private static boolean isKnown(String key) {
    return key.startsWith(StreamsConfig.TOPIC_PREFIX)
        || KNOWN.contains(key)
        || KNOWN.contains(CLIENT.matcher(key).replaceFirst(""));
  }
}
