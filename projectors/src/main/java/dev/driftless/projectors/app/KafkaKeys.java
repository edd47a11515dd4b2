package dev.driftless.projectors.app;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.metrics.JmxReporter;
import org.apache.kafka.streams.StreamsConfig;

/** Which settings of Kafka may be given: Kafka itself takes those that nobody reads in silence. */
final class KafkaKeys {

  private static final List<ConfigDef> READERS =
      List.of(
          StreamsConfig.configDef(),
          ConsumerConfig.configDef(),
          ProducerConfig.configDef(),
          AdminClientConfig.configDef());

  private static final Set<String> KNOWN = names(key -> true);

  /** They name classes, of the user's own too, which may read settings that Kafka does not know. */
  private static final Set<String> CLASSES =
      names(
          key ->
              key.type == ConfigDef.Type.CLASS
                  || Set.of(
                          "config.providers",
                          "interceptor.classes",
                          "metric.reporters",
                          "partition.assignment.strategy",
                          "security.providers")
                      .contains(key.name));

  /** What follows them is the user's choice, or checked by nobody. */
  private static final List<String> PREFIXES =
      List.of(
          StreamsConfig.TOPIC_PREFIX,
          StreamsConfig.CLIENT_TAG_PREFIX,
          CommonClientConfigs.METRICS_CONTEXT_PREFIX,
          JmxReporter.METRICS_CONFIG_PREFIX);

  /** Which of Kafka Streams' clients is meant. */
  private static final Pattern CLIENT =
      Pattern.compile("^((main\\.|restore\\.|global\\.)?consumer|producer|admin)\\.");

  private static final Pattern REGISTRY =
      Pattern.compile("^(schema\\.registry|basic\\.auth|bearer\\.auth)\\..*");

  /** Those that the runtime sets, whatever is given, and what to set instead. */
  private static final Map<String, String> OURS =
      Map.ofEntries(
          Map.entry("application.id", "set name instead"),
          Map.entry("auto.offset.reset", "it is fixed"),
          Map.entry("commit.interval.ms", "set reading.commitInterval instead"),
          Map.entry("group.instance.id", "set reading.instance instead"),
          Map.entry("isolation.level", "it is fixed"),
          Map.entry("max.poll.records", "set reading.maxBatch instead"),
          Map.entry("max.task.idle.ms", "it is fixed"),
          Map.entry("num.stream.threads", "set reading.threads instead"),
          Map.entry("processing.guarantee", "it is fixed, and each store has its position"),
          Map.entry("rocksdb.config.setter", "it is fixed"),
          Map.entry("state.dir", "set reading.stateDirectory instead"),
          Map.entry("task.timeout.ms", "it is fixed"));

  /** The consumer that restores state may have these as the user likes. */
  private static final Set<String> RESTORING =
      Set.of(
          StreamsConfig.restoreConsumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG),
          StreamsConfig.restoreConsumerPrefix(ConsumerConfig.ISOLATION_LEVEL_CONFIG));

  private static final String PROTOCOL = CommonClientConfigs.SECURITY_PROTOCOL_CONFIG;

  private KafkaKeys() {}

  /** Why the first of these settings that would have no effect is refused, if there is one. */
  static Optional<String> refusal(Map<String, String> settings) {
    Set<String> keys = settings.keySet();
    Optional<String> ours = keys.stream().sorted().filter(KafkaKeys::isOurs).findFirst();
    if (ours.isPresent()) {
      return ours.map(key -> "kafka.%s: %s".formatted(key, OURS.get(bare(key))));
    }
    boolean namesClass = keys.stream().map(KafkaKeys::bare).anyMatch(CLASSES::contains);
    return keys.stream()
        .sorted()
        .filter(key -> !namesClass && !isKnown(key))
        .findFirst()
        .map(
            key ->
                REGISTRY.matcher(key).matches()
                    ? "kafka.%s: belongs below registry".formatted(key)
                    : "unknown key kafka.%s; neither Kafka's clients nor Kafka Streams have it"
                        .formatted(key))
        .or(() -> idle(settings));
  }

  /** Who says how to prove who he is, or whom to trust, does not want to talk in the clear. */
  private static Optional<String> idle(Map<String, String> settings) {
    List<String> protocols =
        settings.entrySet().stream()
            .filter(setting -> bare(setting.getKey()).equals(PROTOCOL))
            .map(setting -> setting.getValue().toUpperCase(Locale.ROOT))
            .toList();
    // a provider of configuration says it later
    boolean isTold = protocols.stream().anyMatch(protocol -> protocol.contains("${"));
    boolean proves = isTold || protocols.stream().anyMatch(told -> told.startsWith("SASL_"));
    boolean encrypts = isTold || protocols.stream().anyMatch(told -> told.endsWith("SSL"));
    return settings.keySet().stream()
        .sorted()
        .filter(
            key ->
                bare(key).startsWith("sasl.") && !proves
                    || bare(key).startsWith("ssl.") && !encrypts)
        .findFirst()
        .map(key -> "kafka.%s: has no effect with this %s".formatted(key, PROTOCOL));
  }

  private static boolean isOurs(String key) {
    return OURS.containsKey(bare(key)) && !RESTORING.contains(key);
  }

  private static boolean isKnown(String key) {
    String bare = bare(key);
    return KNOWN.contains(bare) || PREFIXES.stream().anyMatch(bare::startsWith);
  }

  private static String bare(String key) {
    return CLIENT.matcher(key).replaceFirst("");
  }

  private static Set<String> names(Predicate<ConfigDef.ConfigKey> wanted) {
    return READERS.stream()
        .flatMap(reader -> reader.configKeys().values().stream())
        .filter(wanted)
        .map(key -> key.name)
        .collect(Collectors.toUnmodifiableSet());
  }
}
