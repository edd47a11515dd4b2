package dev.driftless.local;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.jspecify.annotations.Nullable;

/**
 * One Kafka node, broker and controller in one, on the class path of this JVM.
 *
 * <p>A broker tells its clients where to connect to, so a proxy before it is passed by unless the
 * broker knows of it: one that expects a proxy has a listener more, on the port {@link #PROXIED},
 * and tells those who come by it to connect to the port {@link #PROXY}.
 */
final class KafkaServer implements Server {
  static final String CLIENTS = "clients";
  static final String PROXIED = "proxied";
  static final String PROXY = "proxy";
  static final String CONTROLLER = "controller";
  static final String CONTROLLER_LISTENER = "CONTROLLER";
  static final int NODE_ID = 1;

  /** A setting of ours: a user that the broker knows before it starts. */
  static final String SCRAM_USER = "driftless.scram.user";

  private static final String SCRAM = "SCRAM-SHA-512";

  private static final int METADATA_KEY = 3;
  private static final int METADATA_VERSION = 1;

  private final boolean expectsProxy;
  private final @Nullable Security security;

  KafkaServer(boolean expectsProxy, @Nullable Security security) {
    this.expectsProxy = expectsProxy;
    this.security = security;
  }

  @Override
  public ServerKind kind() {
    return ServerKind.KAFKA;
  }

  @Override
  public Ports usualPorts() {
    Map<String, Integer> ports = new LinkedHashMap<>();
    ports.put(CLIENTS, 9092);
    ports.put(CONTROLLER, 9093);
    if (expectsProxy) {
      ports.put(PROXIED, 9094);
      ports.put(PROXY, 9095);
    }
    return new Ports(ports);
  }

  @Override
  public Launch prepare(Site site) throws IOException {
    Path logs = Files.createDirectories(site.data().resolve("log"));
    Path properties = site.data().resolve("server.properties");
    Map<String, String> settings = settings(site.ports(), logs, expectsProxy);
    if (security != null) {
      settings.putAll(encryption(security));
    }
    Files.writeString(
        properties,
        settings.entrySet().stream()
            .map(setting -> setting.getKey() + "=" + setting.getValue().replace("\\", "\\\\"))
            .collect(Collectors.joining("\n", "# Written at every start.\n", "\n")));
    return new Launch(
        List.of(
            site.host().java().toString(),
            "-Xmx512m",
            "-XX:+UseSerialGC",
            // halves what a start costs; the second compiler pays only under load for long
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError",
            "-Dlogback.configurationFile=dev/driftless/local/kafka-logback.xml",
            "-Dslf4j.provider=ch.qos.logback.classic.spi.LogbackServiceProvider",
            "-cp",
            classPath(),
            KafkaNode.class.getName(),
            properties.toString()),
        Map.of());
  }

  private static Map<String, String> settings(Ports ports, Path logs, boolean expectsProxy) {
    String clients = "CLIENTS://" + at(ports, CLIENTS);
    String controller = at(ports, CONTROLLER);
    String proxied = expectsProxy ? ",PROXIED://" + at(ports, PROXIED) : "";
    String proxy = expectsProxy ? ",PROXIED://" + at(ports, PROXY) : "";
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("process.roles", "broker,controller");
    settings.put("node.id", String.valueOf(NODE_ID));
    settings.put("controller.quorum.voters", NODE_ID + "@" + controller);
    settings.put("controller.listener.names", CONTROLLER_LISTENER);
    settings.put("listeners", clients + "," + CONTROLLER_LISTENER + "://" + controller + proxied);
    settings.put("advertised.listeners", clients + proxy);
    settings.put(
        "listener.security.protocol.map",
        "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT,PROXIED:PLAINTEXT");
    settings.put("inter.broker.listener.name", "CLIENTS");
    settings.put("log.dirs", logs.toString());
    settings.put("auto.create.topics.enable", "false");

    // One node: the topics that Kafka keeps for itself have one replica, and few partitions.
    for (String topic :
        List.of("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")) {
      settings.put(topic + ".replication.factor", "1");
      settings.put(topic + ".num.partitions", "4");
    }
    settings.put("transaction.state.log.min.isr", "1");
    settings.put("share.coordinator.state.topic.min.isr", "1");

    // Groups form at once, and tests may want to lose members fast.
    settings.put("group.initial.rebalance.delay.ms", "0");
    settings.put("group.min.session.timeout.ms", "1000");

    // A broker killed and started again waits until its former self has timed out.
    settings.put("broker.session.timeout.ms", "3000");
    settings.put("broker.heartbeat.interval.ms", "500");

    // Small and quiet: no record in the metadata log just to show that time passes.
    settings.put("metadata.max.idle.interval.ms", "0");
    settings.put("num.network.threads", "2");
    settings.put("num.io.threads", "4");
    settings.put("log.cleaner.dedupe.buffer.size", String.valueOf(8 << 20));
    return settings;
  }

  private static Map<String, String> encryption(Security security) {
    Map<String, String> settings = new LinkedHashMap<>(identity(security));
    settings.put("listener.security.protocol.map", "CLIENTS:SASL_SSL,CONTROLLER:PLAINTEXT");
    settings.put("sasl.enabled.mechanisms", SCRAM);
    settings.put("listener.name.clients.ssl.client.auth", "required");

    // The broker is a client of its own.
    settings.put("sasl.mechanism.inter.broker.protocol", SCRAM);
    settings.put("listener.name.clients.scram-sha-512.sasl.jaas.config", security.jaas());

    // The listener of controllers asks nobody.
    settings.put(
        "authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer");
    settings.put("super.users", "User:%s;User:ANONYMOUS".formatted(security.user()));
    settings.put(
        SCRAM_USER,
        "%s=[name=%s,password=%s]"
            .formatted(SCRAM, security.user(), security.secret(ServerKind.KAFKA)));
    return settings;
  }

  private static String at(Ports ports, String name) {
    return Addresses.HOST + ":" + ports.get(name);
  }

  /** The broker runs in its own working directory, so relative entries are made absolute. */
  private static String classPath() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator, -1))
        .filter(entry -> !entry.isEmpty())
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /**
   * Asks for metadata without topics (version 1) and looks for a broker in it: the port opens
   * before the controller lets the broker serve, and only then is it listed.
   */
  @Override
  public boolean isReady(Ports ports) throws Exception {
    if (security != null) {
      return letsIn(ports, security);
    }
    try (Socket socket = Probe.connect(ports.get(CLIENTS))) {
      DataOutputStream request = new DataOutputStream(socket.getOutputStream());
      request.write(
          new byte[] {
            0, 0, 0, 14, 0, METADATA_KEY, 0, METADATA_VERSION, 0, 0, 0, 1, -1, -1, 0, 0, 0, 0
          });
      request.flush();
      DataInputStream response = new DataInputStream(socket.getInputStream());
      response.readInt(); // length
      response.readInt(); // correlation id
      return response.readInt() > 0; // brokers
    }
  }

  /** Who it is and whom it trusts, whatever name the certificate of the other side has. */
  private static Map<String, String> identity(Security security) {
    return Map.of(
        "ssl.keystore.type", "PEM",
        "ssl.keystore.location", security.keyStore().toString(),
        "ssl.truststore.type", "PEM",
        "ssl.truststore.location", security.authority().toString(),
        "ssl.endpoint.identification.algorithm", "");
  }

  private static boolean letsIn(Ports ports, Security security) throws Exception {
    Map<String, Object> settings = new LinkedHashMap<>(identity(security));
    settings.put("bootstrap.servers", at(ports, CLIENTS));
    settings.put("security.protocol", "SASL_SSL");
    settings.put("sasl.mechanism", SCRAM);
    settings.put("sasl.jaas.config", security.jaas());
    Admin admin = Admin.create(settings);
    try {
      return !admin
          .describeCluster()
          .nodes()
          .get(Probe.TIMEOUT_MS, TimeUnit.MILLISECONDS)
          .isEmpty();
    } finally {
      admin.close(Duration.ZERO);
    }
  }
}
