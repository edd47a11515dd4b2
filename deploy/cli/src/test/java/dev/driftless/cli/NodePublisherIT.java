package dev.driftless.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.driftless.producer.LogTopic;
import dev.driftless.producer.Receipt;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.EventRegistry;
import dev.driftless.schemas.GoldenEvents;
import dev.driftless.schemas.GoldenEvents.GoldenEvent;
import dev.driftless.schemas.SubjectKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The wire contract kept by others: the publisher in {@code deploy/examples/node}, which shares no
 * code with ours, publishes the golden events, and the log and all views hold what ours would have
 * written.
 */
final class NodePublisherIT {

  private static final Path EXAMPLE = Path.of("..", "examples", "node").toAbsolutePath();
  private static final Path GOLDEN =
      Path.of("..", "..", "schemas", "src", "main", "resources", "golden", "v1").toAbsolutePath();

  /** No power of two: there it would not show how a client treats negative hashes. */
  private static final int PARTITIONS = 3;

  private static final String MEMORY =
      """
      {"eventId":"%1$s","occurredAt":"2026-05-01T15:00:00Z","tenant":"other","subject":"zoe","agent":"helper",\
      "type":"MemoryRecorded","payload":{"memoryId":"%1$s","kind":"%2$s","text":"likes tea"}}
      """;

  private static final List<GoldenEvent> EVENTS = GoldenEvents.all();

  @TempDir private static Path directory;
  private static Installation installation;

  /** Where the golden events are, in their order. */
  private static List<Receipt> receipts;

  private record Ran(int exitCode, String out, String err) {}

  @BeforeAll
  static void publish_the_golden_events_from_node() throws Exception {
    assumeTrue(isNodeThere(), "skipped: there is no node 20.19 or newer, or no npm, on the PATH");
    try (Stream<Path> files = Files.list(EXAMPLE)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, directory.resolve(file.getFileName()));
      }
    }
    Ran installed = run(Map.of(), "npm", "ci", "--prefer-offline");
    assertThat(installed.exitCode).as(installed.out + installed.err).isZero();
    installation = new Installation(directory.resolve("state"), PARTITIONS);
    installation.startViews();

    Ran ran = publish(lines(EVENTS));

    assertThat(ran.exitCode).as(ran.err).isZero();
    receipts = ran.out.lines().map(Receipt::parse).toList();
    installation.awaitCaughtUp(Views.names());
  }

  @AfterAll
  static void close() {
    if (installation != null) {
      installation.close();
    }
  }

  @Test
  void its_bytes_keys_and_partitions_are_those_of_the_golden_files() throws Exception {
    Ran ran = run(Map.of("GOLDEN", GOLDEN.toString()), "npm", "test");

    assertThat(ran.exitCode).as(ran.out + ran.err).isZero();
    assertThat(ran.out).containsPattern("(?m)^# pass [1-9]").contains("has the golden key");
  }

  @Test
  void each_record_is_what_ours_would_have_written_and_is_where_its_receipt_says()
      throws Exception {
    ProjectorsConfig config = installation.config();
    Map<Receipt, ConsumerRecord<byte[], byte[]>> log = log();

    assertThat(receipts).hasSameSizeAs(EVENTS).doesNotHaveDuplicates();
    try (EventRegistry registry = config.openRegistry()) {
      EventDecoder decoder = new EventDecoder(registry);
      for (int i = 0; i < EVENTS.size(); i++) {
        GoldenEvent golden = EVENTS.get(i);
        ConsumerRecord<byte[], byte[]> record = log.get(receipts.get(i));
        assertThat(record).as("%s at %s", golden, receipts.get(i)).isNotNull();
        byte[] key =
            new SubjectKey(golden.event().getTenant(), golden.event().getSubject()).bytes();
        assertThat(record.key()).as("key of %s", golden).isEqualTo(key);
        assertThat(record.partition()).isEqualTo(SubjectKey.partition(key, PARTITIONS));
        assertThat(decoder.decode(record.value())).isEqualTo(golden.event());
        assertThat(Arrays.copyOfRange(record.value(), 5, record.value().length))
            .as("Avro of %s", golden)
            .isEqualTo(golden.body());
      }
    }
  }

  @Test
  void every_view_holds_what_the_log_says() {
    List<String> await = new ArrayList<>(List.of("await"));
    receipts.forEach(r -> await.add(r.token()));
    assertThat(installation.run(await.toArray(String[]::new)).exitCode()).isZero();
    assertThat(json("dead-letters", "list").path("deadLetters")).isEmpty();
    assertThat(audited("Zürich Ag")).containsOnly("applied");
    assertThat(audited("acme")).contains("applied").doesNotContain("refused", "forgotten");

    JsonNode memories = json("show", "memories", "--tenant", "acme", "--subject", "mia");
    assertThat(memories.path("memories")).hasSize(1);
    assertThat(memories.at("/memories/0/text").asText()).startsWith("first line\nsecond\tline");
    assertThat(json("search", "first line", "--tenant", "acme").at("/hits/0/text").asText())
        .startsWith("first line");
    assertThat(json("show", "context", "--tenant", "acme", "--subject", "mia").toString())
        .contains("writes German");

    Run deep = installation.run("reconcile", "--once", "--deep");
    assertThat(deep.exitCode()).as(deep.out() + deep.err()).isZero();
  }

  @Test
  void publishing_again_changes_only_audit() throws Exception {
    Ran again = publish(lines(EVENTS.subList(1, 3)));

    assertThat(again.exitCode).as(again.err).isZero();
    installation.awaitCaughtUp(Views.names());
    assertThat(audited("acme")).filteredOn("duplicate"::equals).hasSize(2);
    assertThat(json("show", "memories", "--tenant", "acme", "--subject", "mia").path("memories"))
        .hasSize(1);
  }

  @Test
  void a_line_that_is_wrong_stops_it_and_is_named_with_its_field() throws Exception {
    Ran ran =
        publish(
            MEMORY.formatted("z1", "SEMANTIC")
                + "\n"
                + MEMORY.formatted("z2", "HEARSAY")
                + MEMORY.formatted("z3", "SEMANTIC"));

    assertThat(ran.exitCode).isEqualTo(1);
    assertThat(ran.err)
        .contains("standard input:3: payload.kind: expected one of EPISODIC")
        .doesNotContain("likes tea");
    assertThat(ran.out.lines()).hasSize(1);
    assertThat(log()).containsKey(Receipt.parse(ran.out.strip()));
    installation.awaitCaughtUp(Views.names());
    assertThat(audited("other")).containsExactly("applied");
  }

  private static boolean isNodeThere() throws Exception {
    try {
      String[] version = run(Map.of(), "node", "--version").out.strip().split("[v.]");
      int major = Integer.parseInt(version[1]);
      boolean isNew = major > 20 || (major == 20 && Integer.parseInt(version[2]) >= 19);
      return isNew && run(Map.of(), "npm", "--version").exitCode == 0;
    } catch (IOException e) { // there is no such program
      return false;
    }
  }

  private static String lines(List<GoldenEvent> events) {
    return events.stream().map(e -> e.json() + "\n").collect(Collectors.joining());
  }

  private static Ran publish(String lines) throws Exception {
    Files.writeString(directory.resolve("stdin"), lines);
    return run(installation.environment(), "node", "publish.mjs");
  }

  /** In the copy of the example, reading its file {@code stdin}. */
  private static Ran run(Map<String, String> environment, String... command) throws Exception {
    Path in = directory.resolve("stdin");
    if (!Files.exists(in)) {
      Files.createFile(in);
    }
    Path out = directory.resolve("stdout");
    Path err = directory.resolve("stderr");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectInput(in.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    if (!process.waitFor(5, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new AssertionError(
          String.join(" ", command) + " hangs: " + Files.readString(out) + Files.readString(err));
    }
    return new Ran(process.exitValue(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
  }

  /** All records, by where they are. */
  private static Map<Receipt, ConsumerRecord<byte[], byte[]>> log() {
    ProjectorsConfig config = installation.config();
    Map<String, Object> settings = new HashMap<>(config.kafka());
    Map<Receipt, ConsumerRecord<byte[], byte[]>> records = new HashMap<>();
    try (Admin admin = Admin.create(settings);
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(
                settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      LogTopic topic = LogTopic.check(admin, config.names());
      List<TopicPartition> partitions =
          IntStream.range(0, topic.partitions())
              .mapToObj(p -> new TopicPartition(topic.name(), p))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.getOrDefault(p, 0L))) {
        consumer
            .poll(Duration.ofSeconds(1))
            .forEach(r -> records.put(new Receipt(topic.topicId(), r.partition(), r.offset()), r));
      }
    }
    return records;
  }

  /** What became of the tenant's records. */
  private static List<String> audited(String tenant) {
    JsonNode records = json("show", "audit", "--tenant", tenant, "--limit", "100").path("records");
    return StreamSupport.stream(records.spliterator(), false)
        .map(r -> r.path("outcome").asText())
        .toList();
  }

  private static JsonNode json(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--json");
    Run run = installation.run(all.toArray(String[]::new));
    assertThat(run.exitCode()).as(run.err()).isZero();
    return run.json();
  }
}
