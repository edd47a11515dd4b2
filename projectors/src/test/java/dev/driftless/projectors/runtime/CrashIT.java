package dev.driftless.projectors.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.Events;
import dev.driftless.projectors.Memory;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.TestLog;
import dev.driftless.projectors.postgres.PostgresConfig;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.relational.RelationalFixture;
import dev.driftless.projectors.relational.RelationalProjector;
import dev.driftless.schemas.EventRegistry;
import dev.driftless.schemas.Names;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A projector process that ends at random points, again and again, on a real broker and a real
 * store. Pins the order that everything rests on: what is committed is in the store.
 */
final class CrashIT {

  private static final int CRASHES = Integer.getInteger("driftless.crashes", 12);
  private static final long SEED = Long.getLong("driftless.seed", 20261101L);
  private static final int EVENTS_PER_CRASH = 300;

  @TempDir private Path directory;

  @Test
  void nothing_is_lost_and_nothing_is_committed_before_it_is_in_the_store() throws Exception {
    Random random = new Random(SEED);
    Map<String, String> expected = new TreeMap<>();
    try (TestLog log = new TestLog(Duration.ofMinutes(2));
        RelationalFixture fixture = new RelationalFixture();
        Projector reader = fixture.open()) {
      for (int crash = 0; crash < CRASHES; crash++) {
        List<MemoryEvent> events = events(random);
        log.publish(events);
        events.forEach(e -> expected.put(memory(e), Memory.of(e).text()));
        crash(log, fixture, random.nextLong());
        assertThat(aheadOfTheStore(log, reader)).as("seed %d, crash %d", SEED, crash).isEmpty();
      }
      try (ViewApplication ignored = log.start(fixture.open(), config(log.names(), log.kafka()))) {
        log.awaitCaughtUp(fixture);
      }
      assertThat(fixture.query("SELECT concat(subject, '/', memory_id, ' ', text) FROM memories"))
          .containsExactlyInAnyOrderElementsOf(
              expected.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).toList());
      assertThat(fixture.query("SELECT count(*) FROM memory_versions"))
          .containsExactly(Integer.toString(CRASHES * EVENTS_PER_CRASH));
    }
  }

  private static String memory(MemoryEvent event) {
    return event.getSubject() + "/" + Memory.of(event).memoryId();
  }

  /** What is committed although the store does not hold it. */
  private static List<String> aheadOfTheStore(TestLog log, Projector reader) throws Exception {
    Map<TopicPartition, OffsetAndMetadata> committed =
        log.admin()
            .listConsumerGroupOffsets(log.names().group("relational"))
            .partitionsToOffsetAndMetadata()
            .get();
    return committed.entrySet().stream()
        .filter(e -> e.getValue() != null)
        .filter(e -> e.getValue().offset() > reader.stored(e.getKey().partition()).offset())
        .map(e -> e.getKey() + " committed " + e.getValue().offset())
        .toList();
  }

  private void crash(TestLog log, PostgresFixture fixture, long seed)
      throws IOException, InterruptedException {
    Path output = directory.resolve("child.log");
    Process child =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "-Dlogback.configurationFile="
                    + System.getProperty("logback.configurationFile", "logback-test.xml"),
                Child.class.getName(),
                log.kafka().get("bootstrap.servers"),
                log.registryUrl(),
                log.names().name(),
                fixture.names().name(),
                PostgresFixture.server().url(),
                directory.resolve("state").toString(),
                Long.toString(seed))
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    boolean ended = child.waitFor(2, TimeUnit.MINUTES);
    child.destroyForcibly();
    assertThat(ended)
        .as("the child ended by itself; it said:%n%s", Files.readString(output))
        .isTrue();
    assertThat(child.exitValue())
        .as("it said:%n%s", Files.readString(output))
        .isEqualTo(HaltingProjector.HALTED);
  }

  private static List<MemoryEvent> events(Random random) {
    return IntStream.range(0, EVENTS_PER_CRASH)
        .mapToObj(
            i ->
                Events.recorded(
                    "acme",
                    random.nextBoolean() ? "mia" : "noah",
                    "m" + random.nextInt(500),
                    "text " + random.nextInt()))
        .toList();
  }

  private static RuntimeConfig config(Names names, Map<String, String> kafka, Path state) {
    return new RuntimeConfig(
        names,
        kafka,
        state,
        "crashing",
        1,
        50,
        Duration.ofMillis(100),
        Duration.ofSeconds(1),
        Duration.ofHours(24));
  }

  private RuntimeConfig config(Names names, Map<String, String> kafka) {
    return config(names, kafka, directory.resolve("state"));
  }

  /** The process that ends. */
  static final class Child {

    public static void main(String[] arguments) {
      Names logNames = new Names(arguments[2]);
      PostgresConfig postgres =
          new PostgresConfig(
              arguments[4],
              "postgres",
              "postgres",
              2,
              Duration.ofSeconds(5),
              Duration.ofSeconds(30));
      Projector projector = new RelationalProjector(postgres, new Names(arguments[3]));
      HaltingProjector halting =
          new HaltingProjector(projector, new Random(Long.parseLong(arguments[6])));
      RuntimeConfig config =
          config(logNames, Map.of("bootstrap.servers", arguments[0]), Path.of(arguments[5]));
      new ViewApplication(
              halting,
              new EventRegistry(arguments[1], logNames, Map.of()),
              config,
              new SimpleMeterRegistry())
          .start();
    }
  }
}
