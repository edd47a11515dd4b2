package dev.driftless.projectors.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.events.MemoryEvent;
import dev.driftless.local.FaultyProxy;
import dev.driftless.local.FaultyProxy.Passage;
import dev.driftless.local.LocalStack;
import dev.driftless.local.Progress;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.Events;
import dev.driftless.projectors.TestLog;
import dev.driftless.projectors.postgres.PostgresFixture;
import dev.driftless.projectors.relational.RelationalFixture;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the runtime does around a projector, shown with the relational one. */
final class RuntimeIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private TestLog log;
  private RelationalFixture fixture;

  @BeforeEach
  void open() {
    log = new TestLog(PATIENCE);
    fixture = new RelationalFixture();
  }

  @AfterEach
  void close() {
    fixture.close();
    log.close();
  }

  @Test
  void a_lone_event_is_a_batch_of_its_own_and_a_backlog_comes_in_large_ones() {
    log.publish(IntStream.range(0, 400).mapToObj(i -> Events.recorded("m" + i, "text")).toList());
    Recording projector = new Recording(fixture.open());
    try (ViewApplication ignored = log.start(projector)) {
      log.awaitCaughtUp(fixture);
      assertThat(projector.sizes).hasSizeLessThan(20).anyMatch(size -> size >= 100);
      projector.sizes.clear();
      log.publish(Events.recorded("alone", "text"));
      log.awaitCaughtUp(fixture);
      assertThat(projector.sizes).containsExactly(1);
    }
  }

  @Test
  void a_payload_that_the_store_refuses_is_set_aside_alone() {
    List<MemoryEvent> events = new ArrayList<>();
    IntStream.range(0, 100)
        .forEach(i -> events.add(Events.recorded("m" + i, i == 37 ? "nul \0 byte" : "text")));
    log.publish(events);
    log.project(fixture);
    assertThat(fixture.query("SELECT count(*) FROM memories")).containsExactly("99");
    assertThat(log.deadLetters("relational"))
        .singleElement()
        .satisfies(
            letter -> {
              assertThat(TestLog.header(letter, "offset")).isEqualTo("37");
              assertThat(TestLog.header(letter, "reason"))
                  .contains("the store refuses it")
                  .doesNotContain("nul");
            });
  }

  @Test
  void a_hundred_refused_records_in_a_row_stop_the_view() throws Exception {
    log.publish(Events.recorded("m1", "text"));
    log.publishRaw(garbage(99));
    log.publish(Events.recorded("m2", "text"));
    log.project(fixture);
    assertThat(log.deadLetters("relational")).hasSize(99);
    log.publishRaw(garbage(100));
    log.publish(Events.recorded("m3", "text"));
    try (ViewApplication application = log.start(fixture.open())) {
      String reason = application.stopped().get(60, TimeUnit.SECONDS).getMessage();
      assertThat(reason).contains("view=relational", "100 records in a row").doesNotContain("\n");
    }
    assertThat(fixture.query("SELECT memory_id FROM memories ORDER BY 1"))
        .containsExactly("m1", "m2");
  }

  @Test
  void positions_count_control_records() {
    Map<String, Object> settings = new HashMap<>(log.kafka());
    settings.put("transactional.id", log.names().name());
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      producer.initTransactions();
      for (int i = 0; i < 3; i++) {
        producer.beginTransaction();
        var unused = producer.send(log.record(Events.recorded("m" + i, "text")));
        if (i == 1) {
          producer.abortTransaction();
        } else {
          producer.commitTransaction();
        }
      }
    }
    log.project(fixture);
    assertThat(fixture.query("SELECT memory_id FROM memories ORDER BY 1"))
        .containsExactly("m0", "m2");
  }

  @Test
  void an_event_published_again_after_the_window_is_a_new_one() throws Exception {
    MemoryEvent recorded = Events.recorded("m1", "first");
    RuntimeConfig shortWindow =
        new RuntimeConfig(
            log.names(),
            log.kafka(),
            log.config().stateDirectory(),
            null,
            1,
            500,
            Duration.ofMillis(200),
            Duration.ofMillis(200),
            Duration.ofMillis(1));
    log.publish(recorded, Events.revised("m1", "second"));
    Thread.sleep(20); // append times must differ by more than the window
    log.publish(recorded);
    try (ViewApplication ignored = log.start(fixture.open(), shortWindow)) {
      log.awaitCaughtUp(fixture);
    }
    assertThat(fixture.query("SELECT text FROM memories")).containsExactly("first");
  }

  @Test
  void a_duplicate_is_told_after_the_view_went_back_to_before_it() {
    MemoryEvent recorded = Events.recorded("m1", "first");
    log.publish(recorded);
    log.project(fixture);
    Runnable putBack = fixture.copy();
    log.publish(Events.revised("m1", "second"), recorded);
    log.project(fixture);
    putBack.run();
    log.project(fixture);
    assertThat(fixture.query("SELECT text FROM memories")).containsExactly("second");
  }

  @Test
  void a_paused_view_stands_still_also_after_a_restart_until_it_is_resumed() {
    log.publish(Events.recorded("m1", "text"));
    log.project(fixture);
    ViewControls.set(log.kafka(), log.names(), "relational", true);
    log.publish(Events.recorded("m2", "text"));
    Recording projector = new Recording(fixture.open());
    try (ViewApplication ignored = log.start(projector)) {
      Awaitility.await().atMost(PATIENCE).until(() -> projector.reads.size() > 10);
      assertThat(projector.sizes).isEmpty();
      ViewControls.set(log.kafka(), log.names(), "relational", false);
      log.awaitCaughtUp(fixture);
    }
  }

  @Test
  void a_log_that_is_compacted_is_refused_before_anything_is_written() throws Exception {
    log.publish(Events.recorded("m1", "text"));
    log.configure("cleanup.policy", "compact");
    try (ViewApplication application = log.start(fixture.open())) {
      assertThat(application.stopped().get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .hasMessageContaining("it has cleanup.policy=compact instead of delete")
          .matches(reason -> !reason.isLost());
    }
    assertThat(fixture.query("SELECT to_regnamespace(?)", fixture.schema()))
        .containsExactly((String) null);
  }

  @Test
  void a_log_that_was_given_more_partitions_is_refused_by_every_view() throws Exception {
    Map<String, String> soon = new HashMap<>(log.kafka());
    soon.put("metadata.max.age.ms", "500");
    RuntimeConfig usual = log.config();
    RuntimeConfig config =
        new RuntimeConfig(
            usual.names(),
            soon,
            usual.stateDirectory(),
            usual.instance(),
            usual.threads(),
            usual.maxBatch(),
            usual.commitInterval(),
            usual.checkInterval(),
            usual.idempotencyWindow());
    try (ViewApplication running = log.start(fixture.open(), config)) {
      log.publish(Events.recorded("m1", "text"));
      log.awaitCaughtUp(fixture);
      Map<String, NewPartitions> more =
          Map.of(log.names().log(), NewPartitions.increaseTo(TestLog.PARTITIONS + 1));
      log.admin().createPartitions(more).all().get();
      assertThat(running.stopped().get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .hasMessageContaining("has 3 partitions and was made with 2");
    }
    try (ViewApplication started = log.start(fixture.open())) {
      assertThat(started.stopped().get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .hasMessageContaining("has 3 partitions and was made with 2");
    }
  }

  @Test
  void a_registry_that_is_away_is_waited_for_and_nothing_is_set_aside() throws Exception {
    try (FaultyProxy registry = log.beforeRegistry()) {
      registry.pass(Passage.CUT);
      log.publish(Events.recorded("m1", "text"));
      Recording projector = new Recording(fixture.open());
      MeterRegistry meters = new SimpleMeterRegistry();
      Counter retries = meters.counter("driftless.retries", "view", "relational");
      try (ViewApplication application =
          new ViewApplication(projector, log.readerThrough(registry), log.config(), meters)) {
        application.start();
        Awaitility.await().atMost(PATIENCE).until(() -> retries.count() > 0);
        // the wait between two tries doubles four times in this, from 100 ms on
        Thread.sleep(2_000);
        assertThat(retries.count()).isLessThan(7);
        Awaitility.await().atMost(PATIENCE).until(() -> projector.reads.size() > 3);
        assertThat(projector.sizes).isEmpty();
        registry.pass(Passage.OPEN);
        log.awaitCaughtUp(fixture);
        assertThat(application.stopped()).isNotDone();
      }
      assertThat(log.deadLetters("relational")).isEmpty();
      assertThat(fixture.query("SELECT memory_id FROM memories")).containsExactly("m1");
    }
  }

  @Test
  void a_store_that_is_away_is_waited_for_by_the_same_thread_with_bounded_memory() {
    try (TestStack own = TestStack.fresh(ServerKind.POSTGRES);
        RelationalFixture mortal =
            new RelationalFixture(PostgresFixture.server(own.stack().addresses()))) {
      waitsForItsStore(own.stack(), mortal);
    }
    assertThat(log.deadLetters("relational")).isEmpty();
  }

  private void waitsForItsStore(LocalStack stack, RelationalFixture mortal) {
    Recording projector = new Recording(mortal.open());
    try (ViewApplication application = log.start(projector)) {
      log.publish(Events.recorded("m1", "text"));
      log.awaitCaughtUp(mortal);
      stack.kill(ServerKind.POSTGRES);
      int before = projector.calls();
      log.publish(
          IntStream.range(0, 3_000).mapToObj(i -> Events.recorded("n" + i, "text")).toList());
      Awaitility.await().atMost(PATIENCE).until(() -> projector.calls() > before + 4);
      stack.start(Set.of(ServerKind.POSTGRES), Progress.silent());
      log.awaitCaughtUp(mortal);
      assertThat(application.stopped()).isNotDone();
      assertThat(projector.threads).hasSize(1);
      assertThat(projector.sizes).allMatch(size -> size <= 2 * log.config().maxBatch());
    }
    assertThat(mortal.query("SELECT count(*) FROM memories")).containsExactly("3001");
  }

  private List<ProducerRecord<byte[], byte[]>> garbage(int count) {
    byte[] key = log.record(Events.recorded("m1", "text")).key();
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                new ProducerRecord<>(
                    log.names().log(), key, ("no event " + i).getBytes(StandardCharsets.UTF_8)))
        .toList();
  }
}
