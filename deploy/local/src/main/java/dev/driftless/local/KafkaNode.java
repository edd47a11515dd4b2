package dev.driftless.local;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.jspecify.annotations.Nullable;

/** The main class of the broker's own process. Its one argument is a Kafka properties file. */
final class KafkaNode {
  private KafkaNode() {}

  public static void main(String... arguments) {
    try {
      run(properties(Path.of(arguments[0])));
    } catch (Throwable e) {
      e.printStackTrace();
      Runtime.getRuntime().halt(1);
    }
  }

  private static void run(Map<String, String> properties) throws Exception {
    Path logs = Path.of(properties.getOrDefault("log.dirs", ""));
    if (!Files.exists(logs.resolve("meta.properties"))) {
      format(logs, properties.get(KafkaServer.SCRAM_USER));
    }
    properties.remove(KafkaServer.SCRAM_USER);
    KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown, "shutdown"));
    server.startup();
    server.awaitShutdown();
  }

  private static void format(Path logs, @Nullable String user) throws Exception {
    new Formatter()
        .setScramArguments(user == null ? List.of() : List.of(user))
        .setPrintStream(new PrintStream(System.out, true, StandardCharsets.UTF_8))
        .setClusterId(Uuid.randomUuid().toString())
        .setNodeId(KafkaServer.NODE_ID)
        .setControllerListenerName(KafkaServer.CONTROLLER_LISTENER)
        .addDirectory(logs.toString())
        .setMetadataLogDirectory(logs.toString())
        .run();
  }

  private static Map<String, String> properties(Path file) throws IOException {
    Properties properties = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      properties.load(in);
    }
    Map<String, String> map = new HashMap<>();
    properties.stringPropertyNames().forEach(name -> map.put(name, properties.getProperty(name)));
    return map;
  }
}
