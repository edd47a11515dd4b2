package dev.driftless.reconciler;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * A broker that asks everybody who they are, and lets them do only what an ACL says. A user's
 * password is its name.
 */
final class SecuredKafka implements AutoCloseable {

  /** May do everything. */
  static final String ADMIN = "admin";

  private static final String LOGIN =
      "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"%1$s\" password=\"%1$s\"";

  private final String address;
  private final Process process;

  /**
   * Starts it; a client that asks before it is up waits.
   *
   * @param directory empty
   */
  SecuredKafka(Path directory, Collection<String> users) throws IOException {
    String controller;
    try (ServerSocket clients = new ServerSocket(0);
        ServerSocket between = new ServerSocket(0)) {
      address = "127.0.0.1:" + clients.getLocalPort();
      controller = "127.0.0.1:" + between.getLocalPort();
    }
    Path properties = directory.resolve("server.properties");
    Files.write(
        properties,
        settings(controller, directory.resolve("log"), users).entrySet().stream()
            .map(setting -> setting.getKey() + "=" + setting.getValue())
            .toList());
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dlogback.configurationFile=dev/driftless/local/kafka-logback.xml",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.driftless.local.KafkaNode",
                properties.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("kafka.log").toFile())
            .start();
  }

  /** What a client of this user has to find in its environment. */
  Map<String, String> variables(String user) {
    return Map.of(
        "KAFKA_BOOTSTRAP_SERVERS",
        address,
        "KAFKA_SECURITY_PROTOCOL",
        "SASL_PLAINTEXT",
        "KAFKA_SASL_MECHANISM",
        "PLAIN",
        "KAFKA_SASL_JAAS_CONFIG",
        LOGIN.formatted(user) + ";");
  }

  /** The same as settings of a Kafka client. */
  Map<String, String> settings(String user) {
    Map<String, String> settings = new TreeMap<>();
    variables(user)
        .forEach(
            (name, value) ->
                settings.put(
                    name.replaceFirst("KAFKA_", "").toLowerCase(Locale.ROOT).replace('_', '.'),
                    value));
    return settings;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  private Map<String, String> settings(String controller, Path log, Collection<String> users) {
    String passwords =
        users.stream()
            .map(user -> " user_%1$s=\"%1$s\"".formatted(user))
            .collect(Collectors.joining());
    Map<String, String> settings = new TreeMap<>();
    settings.put("process.roles", "broker,controller");
    settings.put("node.id", "1");
    settings.put("controller.quorum.voters", "1@" + controller);
    settings.put("controller.listener.names", "CONTROLLER");
    settings.put("listeners", "CLIENTS://%s,CONTROLLER://%s".formatted(address, controller));
    settings.put("advertised.listeners", "CLIENTS://" + address);
    settings.put("listener.security.protocol.map", "CLIENTS:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT");
    settings.put("inter.broker.listener.name", "CLIENTS");
    settings.put("sasl.enabled.mechanisms", "PLAIN");
    settings.put("sasl.mechanism.inter.broker.protocol", "PLAIN");
    settings.put(
        "listener.name.clients.plain.sasl.jaas.config",
        LOGIN.formatted(ADMIN) + " user_%1$s=\"%1$s\"".formatted(ADMIN) + passwords + ";");
    settings.put(
        "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    settings.put("super.users", "User:" + ADMIN + ";User:ANONYMOUS");
    settings.put("log.dirs", log.toString());
    settings.put("auto.create.topics.enable", "false");
    settings.put("group.initial.rebalance.delay.ms", "0");
    for (String topic : List.of("offsets.topic", "transaction.state.log")) {
      settings.put(topic + ".replication.factor", "1");
      settings.put(topic + ".num.partitions", "2");
    }
    settings.put("transaction.state.log.min.isr", "1");
    return settings;
  }
}
