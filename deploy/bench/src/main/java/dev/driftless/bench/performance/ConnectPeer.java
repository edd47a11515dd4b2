package dev.driftless.bench.performance;

import dev.driftless.bench.JavaCommand;
import dev.driftless.bench.PeerTopic;
import dev.driftless.local.Addresses;
import dev.driftless.local.LocalProgram;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.postgres.PostgresConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.connect.cli.ConnectStandalone;

/**
 * Rows of the relational view on the way that is usual today: flat records in a topic, and Kafka
 * Connect with Debezium's JDBC sink, which upserts them, by as many tasks as a view has threads. It
 * writes the table {@code memories} alone, of which a row is nearly an event; the view writes
 * {@code memory_versions} too.
 */
final class ConnectPeer {

  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(20);

  /** Of the row that is last in its partition. */
  private static final String LAST = "last";

  private final BenchServers servers;
  private final PostgresConfig config;
  private final String like;
  private final int batch;
  private final int tasks;
  private final List<Row> rows;
  private final long events;
  private int rounds;

  private ConnectPeer(
      BenchServers servers,
      PostgresConfig config,
      String like,
      int batch,
      int tasks,
      List<Row> rows,
      long events) {
    this.servers = servers;
    this.config = config;
    this.like = like;
    this.batch = batch;
    this.tasks = tasks;
    this.rows = rows;
    this.events = events;
  }

  private record Row(int partition, byte[] key, byte[] value) {}

  /**
   * Reads the rows that the view holds.
   *
   * @param events that they were made of
   */
  static ConnectPeer of(BenchServers servers, BenchLog log, long events) throws SQLException {
    PostgresConfig config = log.postgres("relational");
    String table = log.schema("relational") + ".memories";
    List<Row> rows = new ArrayList<>();
    try (Connection connection = PostgresRecording.connect(config);
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                "SELECT %s FROM %s ORDER BY log_offset"
                    .formatted(MemoryRowConverter.columns(), table))) {
      while (found.next()) {
        rows.add(
            new Row(
                found.getInt("log_partition"),
                MemoryRowConverter.key(found),
                MemoryRowConverter.value(found)));
      }
    }
    ProjectorsConfig.Reading reading = log.config().reading();
    return new ConnectPeer(
        servers, config, table, reading.maxBatch(), reading.threads(), rows, events);
  }

  /**
   * With the settings that it has unless it is told otherwise; as {@link #eventsPerSecondTuned}.
   */
  double eventsPerSecond() throws Exception {
    return eventsPerSecond(Map.of());
  }

  /**
   * With batches as large as the view's, and its reduction buffer: upserts all rows into an empty
   * table like the view's, and answers how many events a second that were. They come twice: a
   * process that was just started, as ours was not, has compiled nothing yet.
   */
  double eventsPerSecondTuned() throws Exception {
    String size = String.valueOf(batch);
    return eventsPerSecond(
        Map.of(
            "batch.size",
            size,
            "use.reduction.buffer",
            "true",
            "consumer.override.max.poll.records",
            size));
  }

  private double eventsPerSecond(Map<String, String> settings) throws Exception {
    String name = "peer_" + ++rounds;
    try (Connection connection = PostgresRecording.connect(config);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE SCHEMA %1$s; CREATE TABLE %1$s.memories (LIKE %2$s INCLUDING ALL)"
              .formatted(name, like));
      create(name);
      fill(name);
      LocalProgram connect = servers.program(name);
      start(connect, name, settings);
      String last = "SELECT 1 FROM %s.memories WHERE tenant = '%s'".formatted(name, LAST);
      try {
        await(connection, connect, last, BenchLog.PARTITIONS);
        connection.setAutoCommit(false);
        statement.execute("TRUNCATE %s.memories".formatted(name));
        fill(name); // while the table is locked: nothing is written before all of it is there
        connection.commit();
        connection.setAutoCommit(true);
        await(connection, connect, "SELECT 1 FROM %s.memories LIMIT 1".formatted(name), 1);
        long began = System.nanoTime();
        await(connection, connect, last, BenchLog.PARTITIONS);
        return events / ((System.nanoTime() - began) / 1e9);
      } finally {
        connect.stop(STOP_PATIENCE, line -> {});
      }
    }
  }

  private void create(String topic) throws Exception {
    Map<String, Object> kafka =
        Map.of("bootstrap.servers", servers.addresses().kafkaBootstrapServers());
    try (Admin admin = Admin.create(kafka)) {
      PeerTopic.create(admin, topic, BenchLog.PARTITIONS);
    }
  }

  private void fill(String topic) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = servers.producer()) {
      List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
      for (Row row : rows) {
        records.add(new ProducerRecord<>(topic, row.partition, row.key, row.value));
      }
      for (int partition = 0; partition < BenchLog.PARTITIONS; partition++) {
        byte[] key = MemoryRowConverter.key(List.of(LAST, LAST, LAST + partition));
        records.add(new ProducerRecord<>(topic, partition, key, rows.get(0).value));
      }
      Publishing.send(producer, records);
    }
  }

  private void start(LocalProgram connect, String name, Map<String, String> settings)
      throws IOException {
    Path directory = Files.createDirectories(connect.data());
    Addresses addresses = servers.addresses();
    Map<String, String> worker = new HashMap<>();
    worker.put("bootstrap.servers", addresses.kafkaBootstrapServers());
    worker.put("key.converter", MemoryRowConverter.class.getName());
    worker.put("value.converter", MemoryRowConverter.class.getName());
    worker.put("offset.storage.file.filename", directory.resolve("offsets").toString());
    worker.put("listeners", "http://127.0.0.1:0");
    worker.put("plugin.discovery", "service_load");
    Map<String, String> sink = new HashMap<>();
    sink.put("name", name);
    sink.put("connector.class", "io.debezium.connector.jdbc.JdbcSinkConnector");
    sink.put("tasks.max", String.valueOf(tasks));
    sink.put("topics", name);
    sink.put("connection.url", config.url());
    sink.put("connection.username", config.user());
    sink.put("connection.password", config.password());
    sink.put("collection.name.format", name + ".memories");
    sink.put("insert.mode", "upsert");
    sink.put("primary.key.mode", "record_key");
    sink.put("schema.evolution", "none");
    sink.putAll(settings);
    connect.start(
        JavaCommand.of(
            List.of("-Xmx1g", "-XX:+UseSerialGC"),
            ConnectStandalone.class,
            write(directory.resolve("worker.properties"), worker),
            write(directory.resolve("sink.properties"), sink)),
        Map.of(),
        line -> {});
  }

  private static String write(Path file, Map<String, String> settings) throws IOException {
    Files.writeString(
        file,
        settings.entrySet().stream()
            .map(setting -> setting.getKey() + "=" + setting.getValue())
            .collect(Collectors.joining("\n", "", "\n")));
    return file.toString();
  }

  private static void await(Connection connection, LocalProgram connect, String query, int rows)
      throws SQLException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      while (count(statement) < rows) {
        if (connect.pid().isEmpty() || System.nanoTime() > deadline) {
          throw new IllegalStateException("Kafka Connect: " + connect.lastWords());
        }
        LockSupport.parkNanos(LOOK.toNanos());
      }
    }
  }

  private static int count(PreparedStatement statement) throws SQLException {
    int count = 0;
    try (ResultSet found = statement.executeQuery()) {
      while (found.next()) {
        count++;
      }
    }
    return count;
  }
}
