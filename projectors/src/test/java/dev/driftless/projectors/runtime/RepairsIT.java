package dev.driftless.projectors.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MessageAppended;
import dev.driftless.events.Role;
import dev.driftless.events.SessionStarted;
import dev.driftless.local.FaultyProxy;
import dev.driftless.local.FaultyProxy.Passage;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Events;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.History;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Memory;
import dev.driftless.projectors.Repair;
import dev.driftless.projectors.TestLog;
import dev.driftless.projectors.relational.RelationalFixture;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.jdbi.v3.core.ConnectionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of requests for repair, shown with a projector that notes them. */
final class RepairsIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Consumer<Repair> DONE = repair -> {};

  private final MeterRegistry meters = new SimpleMeterRegistry();
  private TestLog log;
  private RelationalFixture fixture;
  private RepairRequests requests;

  /** The partition of acme's Mia, and its records so far. */
  private int partition;

  private final List<MemoryEvent> published = new ArrayList<>();

  @BeforeEach
  void open() {
    log = new TestLog(PATIENCE);
    fixture = new RelationalFixture();
    requests = new RepairRequests(log.kafka(), log.names());
    partition = memory("m0").partition(TestLog.PARTITIONS);
  }

  @AfterEach
  void close() {
    requests.close();
    fixture.close();
    log.close();
  }

  @Test
  void a_request_is_served_with_what_the_log_says_under_the_fence_of_its_partition() {
    publish(Events.recorded("m1", "first"), Events.revised("m1", "second"));
    Recording projector = recording(DONE);
    try (ViewApplication ignored = start(projector)) {
      requests.send(List.of(request(memory("m1"), 2, 0, 1)));
      Repair repair = projector.await(1).get(0);
      assertThat(repair.partition()).isEqualTo(partition);
      assertThat(repair.position()).isEqualTo(2);
      assertThat(repair.epoch()).isEqualTo(projector.stored(partition).epoch());
      History history = repair.histories().get(0);
      assertThat(history.entity()).isEqualTo(memory("m1"));
      assertThat(history.records()).hasSize(2);
      assertThat(history.records().get(1))
          .usingRecursiveComparison()
          .isEqualTo(request(memory("m1"), 2, 0, 1).history().records().get(1));
      assertThat(Memory.of(history.records().get(1).event()).text()).isEqualTo("second");
      awaitOutcome("served", 1);
    }
  }

  @Test
  void a_record_and_its_chain_arrive_as_they_are_also_where_the_record_holds_no_event() {
    publishGarbage(1);
    LogRecord refused =
        new LogRecord(
            partition,
            0,
            Instant.EPOCH,
            Instant.ofEpochMilli(7),
            null,
            "no event".getBytes(UTF_8),
            Disposition.REFUSED,
            null,
            "a reason");
    byte[] chain = {1, 2, 3};
    Recording projector = recording(DONE);
    try (ViewApplication ignored = start(projector)) {
      History sent = new History(Entity.record(partition, 0), List.of(refused), chain);
      requests.send(List.of(new RepairRequest("relational", log.topicId(), 1, sent)));
      assertThat(projector.await(1).get(0).histories())
          .singleElement()
          .usingRecursiveComparison()
          .isEqualTo(sent);
    }
  }

  @Test
  void a_request_made_while_nobody_was_there_is_served_later_and_once() {
    publish(Events.recorded("m1", "text"), Events.recorded("m2", "text"));
    log.project(fixture);
    requests.send(List.of(request(memory("m1"), 2, 0)));
    Recording first = recording(DONE);
    try (ViewApplication ignored = start(first)) {
      assertThat(entities(first.await(1))).containsExactly(memory("m1"));
      awaitOutcome("served", 1);
    }
    requests.send(List.of(request(memory("m2"), 2, 1)));
    Recording second = recording(DONE);
    try (ViewApplication ignored = start(second)) {
      second.await(1);
      awaitOutcome("served", 2);
      assertThat(entities(second.repairs)).containsExactly(memory("m2"));
    }
  }

  @Test
  void what_one_process_could_not_repair_is_left_to_the_next_owner() {
    publish(Events.recorded("m1", "text"));
    Recording first = recording(RepairsIT::away);
    Recording second = recording(DONE);
    ViewApplication leaving = start(first);
    try {
      requests.send(List.of(request(memory("m1"), 1, 0)));
      first.await(1);
    } finally {
      leaving.close();
    }
    try (ViewApplication ignored = start(second)) {
      second.await(1);
    }
  }

  @Test
  void a_request_is_superseded_by_a_later_event_of_the_same_memory_alone() {
    publish(
        Events.recorded("m1", "text"),
        Events.recorded("m2", "text"),
        Events.revised("m1", "newer"),
        Events.recorded("m3", "text"));
    publishGarbage(1);
    Recording projector = recording(DONE);
    try (ViewApplication ignored = start(projector)) {
      requests.send(
          List.of(
              request(memory("m1"), 2, 0), request(memory("m2"), 2, 1), request(memory("m4"), 0)));
      assertThat(entities(projector.await(1))).containsExactly(memory("m2"), memory("m4"));
      assertThat(projector.repairs.get(0).position()).isEqualTo(5);
      awaitOutcome("superseded", 1);
    }
  }

  @Test
  void a_session_and_a_subject_are_superseded_by_whatever_happens_in_them() {
    publish(
        session("one", new SessionStarted(Map.of())),
        session("two", new SessionStarted(Map.of())),
        session("one", new MessageAppended("x1", Role.USER, "text", List.of(), null)));
    Entity one = Objects.requireNonNull(Entity.of(published.get(0)));
    Entity two = Objects.requireNonNull(Entity.of(published.get(1)));
    Recording projector = recording(DONE);
    try (ViewApplication ignored = start(projector)) {
      requests.send(
          List.of(request(one, 2, 0), request(two, 2, 1), request(one.ofSubject(), 2, 1)));
      assertThat(entities(projector.await(1))).containsExactly(two);
      awaitOutcome("superseded", 2);
    }
  }

  @Test
  void a_request_ahead_of_the_view_of_another_log_or_against_its_record_is_dropped() {
    publish(Events.recorded("m1", "text"));
    Recording projector = recording(DONE);
    try (ViewApplication ignored = start(projector)) {
      requests.send(
          List.of(
              request(memory("m2"), 2),
              new RepairRequest("relational", "another", 1, request(memory("m3"), 1).history()),
              request(Entity.record(partition, 0), 0),
              request(memory("m1"), 1, 0)));
      assertThat(entities(projector.await(1))).containsExactly(memory("m1"));
      awaitOutcome("superseded", 3);
    }
  }

  @Test
  void what_is_no_request_is_dropped_and_the_next_one_served() {
    publish(Events.recorded("m1", "text"));
    byte[] good = RepairJson.write(request(memory("m1"), 1, 0));
    String text = new String(good, UTF_8);
    Recording projector = recording(DONE);
    try (ViewApplication application = start(projector)) {
      log.publishRaw(
          List.of(
              raw(partition, "not json".getBytes(UTF_8)),
              raw(partition, "null".getBytes(UTF_8)),
              raw(partition, "{\"view\": \"relational\"}".getBytes(UTF_8)),
              raw(partition, text.replace("\"asOf\":1", "\"asOf\":0").getBytes(UTF_8)),
              raw(
                  partition,
                  text.replaceAll("\"value\":\"[^\"]*\"", "\"value\":\"AAAA\"").getBytes(UTF_8)),
              raw(partition, text.replace("relational", "vector").getBytes(UTF_8)),
              raw(1 - partition, good),
              raw(partition, good)));
      assertThat(entities(projector.await(1))).containsExactly(memory("m1"));
      awaitOutcome("refused", 7);
      assertThat(application.stopped()).isNotDone();
    }
  }

  @Test
  void a_request_that_is_fenced_is_tried_again_under_a_new_epoch() {
    publish(Events.recorded("m1", "text"));
    AtomicBoolean again = new AtomicBoolean();
    Recording projector =
        recording(
            repair -> {
              if (!again.getAndSet(true)) {
                throw new FencedException("relational", repair.partition(), repair.epoch());
              }
            });
    try (ViewApplication ignored = start(projector)) {
      requests.send(List.of(request(memory("m1"), 1, 0)));
      List<Repair> repairs = projector.await(2);
      assertThat(repairs.get(1).epoch()).isGreaterThan(repairs.get(0).epoch());
      awaitOutcome("served", 1);
    }
  }

  @Test
  void a_store_that_is_away_is_asked_again() {
    publish(Events.recorded("m1", "text"));
    AtomicBoolean again = new AtomicBoolean();
    Recording projector =
        recording(
            repair -> {
              if (!again.getAndSet(true)) {
                away(repair);
              }
            });
    try (ViewApplication ignored = start(projector)) {
      requests.send(List.of(request(memory("m1"), 1, 0)));
      projector.await(2);
      awaitOutcome("served", 1);
      assertThat(meters.counter("driftless.retries", "view", "relational").count()).isPositive();
    }
  }

  @Test
  void one_that_the_store_refuses_for_ever_is_dropped_and_the_others_are_done() {
    publish(Events.recorded("m1", "text"));
    List<Entity> done = new ArrayList<>();
    Recording projector =
        recording(
            repair -> {
              List<Entity> entities = entities(List.of(repair));
              if (entities.contains(memory("m7"))) {
                throw new IllegalArgumentException("refused");
              }
              done.addAll(entities);
            });
    try (ViewApplication application = start(projector)) {
      requests.send(IntStream.range(0, 10).mapToObj(i -> request(memory("m" + i), 1)).toList());
      awaitOutcome("served", 9);
      awaitOutcome("refused", 1);
      assertThat(done).hasSize(9).doesNotHaveDuplicates().doesNotContain(memory("m7"));
      assertThat(application.stopped()).isNotDone();
    }
  }

  @Test
  void requests_that_come_together_are_one_call_and_an_entity_is_in_it_once() {
    publish(Events.recorded("m1", "text"));
    Recording projector = recording(DONE);
    try (ViewApplication ignored = start(projector)) {
      List<RepairRequest> many = new ArrayList<>();
      IntStream.range(0, 300).forEach(i -> many.add(request(memory("m" + i), 1)));
      many.add(request(memory("m1"), 1, 0));
      requests.send(many);
      awaitOutcome("served", 300);
      assertThat(projector.repairs).hasSize(1);
      assertThat(projector.repairs.get(0).histories())
          .hasSize(300)
          .anySatisfy(h -> assertThat(h.records()).hasSize(1));
      awaitOutcome("superseded", 1);
    }
  }

  @Test
  void a_paused_view_is_repaired_when_it_goes_on() throws Exception {
    publish(Events.recorded("m1", "text"));
    log.project(fixture);
    ViewControls.set(log.kafka(), log.names(), "relational", true);
    Recording projector = recording(DONE);
    try (ViewApplication ignored = application(projector)) {
      ignored.start();
      requests.send(List.of(request(memory("m1"), 1, 0)));
      Thread.sleep(4_000); // several times as long as a view that runs takes
      assertThat(projector.reads).isNotEmpty();
      assertThat(projector.repairs).isEmpty();
      ViewControls.set(log.kafka(), log.names(), "relational", false);
      projector.await(1);
    }
  }

  @Test
  void requests_wait_for_a_registry_that_is_away() {
    publish(Events.recorded("m1", "text"));
    log.project(fixture);
    try (FaultyProxy registry = log.beforeRegistry()) {
      registry.pass(Passage.CUT);
      requests.send(List.of(request(memory("m1"), 1, 0)));
      Recording projector = recording(DONE);
      try (ViewApplication application =
          new ViewApplication(projector, log.readerThrough(registry), log.config(), meters)) {
        application.start();
        Awaitility.await()
            .atMost(PATIENCE)
            .until(() -> meters.counter("driftless.retries", "view", "relational").count() > 2);
        assertThat(projector.repairs).isEmpty();
        registry.pass(Passage.OPEN);
        projector.await(1);
        awaitOutcome("served", 1);
      }
    }
  }

  @Test
  void a_view_goes_on_where_requests_have_no_topic_and_is_repaired_once_they_have_one()
      throws Exception {
    log.admin().deleteTopics(List.of(log.names().repairs())).all().get();
    publish(Events.recorded("m1", "text"));
    assertThatThrownBy(() -> requests.send(List.of(request(memory("m1"), 1, 0))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(log.names().repairs() + " does not exist");
    Recording projector = recording(DONE);
    try (ViewApplication application = start(projector)) {
      assertThat(application.stopped()).isNotDone();
      log.create(new NewTopic(log.names().repairs(), TestLog.PARTITIONS, (short) 1));
      requests.send(List.of(request(memory("m1"), 1, 0)));
      projector.await(1);
    }
  }

  @Test
  void a_large_history_arrives_and_one_that_is_too_large_is_refused_with_its_entity() {
    publish(Events.recorded("m1", "text"));
    published.set(0, Events.recorded("m1", "x".repeat(20 << 20)));
    Recording projector = recording(DONE);
    try (ViewApplication ignored = start(projector)) {
      requests.send(List.of(request(memory("m1"), 1, 0)));
      History history = projector.await(1).get(0).histories().get(0);
      assertThat(Memory.of(history.records().get(0).event()).text()).hasSize(20 << 20);
    }
    published.set(0, Events.recorded("m1", "x".repeat(25 << 20)));
    assertThatThrownBy(() -> requests.send(List.of(request(memory("m1"), 1, 0))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("memory acme/mia m1")
        .hasMessageContaining("rebuild the view relational");
  }

  @Test
  void an_observer_takes_whatever_is_refused_and_hears_of_no_pause_and_no_repair()
      throws Exception {
    publish(Events.recorded("m1", "text"));
    publishGarbage(150);
    ViewControls.set(log.kafka(), log.names(), "relational", true);
    requests.send(List.of(request(memory("m1"), 1, 0)));
    Recording projector = recording(DONE);
    try (ViewApplication application =
        ViewApplication.observer(projector, log.reader(), log.config(), meters)) {
      application.start();
      log.awaitCaughtUp(fixture);
      publish(Events.recorded("m2", "text"));
      log.awaitCaughtUp(fixture);
      Thread.sleep(4_000); // several times as long as a view takes to serve a request
      assertThat(application.stopped()).isNotDone();
    }
    assertThat(projector.records).hasSize(152);
    assertThat(projector.records.stream().filter(r -> r.disposition() == Disposition.REFUSED))
        .hasSize(150);
    assertThat(projector.repairs).isEmpty();
    assertThat(log.deadLetters("relational")).isEmpty();
  }

  private Recording recording(Consumer<Repair> repairing) {
    return new Recording(fixture.open(), repairing);
  }

  /** A view that holds everything that is in the log. */
  private ViewApplication start(Recording projector) {
    ViewApplication application = application(projector);
    application.start();
    log.awaitCaughtUp(fixture);
    return application;
  }

  private ViewApplication application(Recording projector) {
    return new ViewApplication(projector, log.reader(), log.config(), meters);
  }

  private void publish(MemoryEvent... events) {
    log.publish(events);
    published.addAll(List.of(events));
  }

  private void publishGarbage(int count) {
    byte[] key = log.record(Events.recorded("m1", "text")).key();
    log.publishRaw(
        IntStream.range(0, count)
            .mapToObj(i -> new ProducerRecord<>(log.names().log(), key, "no event".getBytes(UTF_8)))
            .toList());
  }

  private ProducerRecord<byte[], byte[]> raw(int to, byte[] value) {
    return new ProducerRecord<>(log.names().repairs(), to, "relational".getBytes(UTF_8), value);
  }

  private RepairRequest request(Entity entity, long asOf, int... offsets) {
    List<LogRecord> records =
        IntStream.of(offsets)
            .mapToObj(
                offset -> {
                  ProducerRecord<byte[], byte[]> r = log.record(published.get(offset));
                  return new LogRecord(
                      partition,
                      offset,
                      Instant.EPOCH.plusMillis(offset),
                      Instant.EPOCH.plusMillis(offset),
                      r.key(),
                      r.value(),
                      Disposition.APPLY,
                      published.get(offset),
                      null);
                })
            .toList();
    return new RepairRequest("relational", log.topicId(), asOf, new History(entity, records));
  }

  private static Entity memory(String memoryId) {
    return Objects.requireNonNull(Entity.of(Events.recorded(memoryId, "text")));
  }

  private static MemoryEvent session(String session, Object payload) {
    return MemoryEvent.newBuilder(Events.event("acme", "mia", payload)).setSession(session).build();
  }

  private static void away(Repair repair) {
    throw new ConnectionException(new SQLException("away", "08006"));
  }

  private static List<Entity> entities(List<Repair> repairs) {
    return repairs.stream().flatMap(r -> r.histories().stream()).map(History::entity).toList();
  }

  private void awaitOutcome(String outcome, int count) {
    Awaitility.await(outcome)
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(
                        meters
                            .counter("driftless.repairs", "view", "relational", "outcome", outcome)
                            .count())
                    .isEqualTo(count));
  }
}
