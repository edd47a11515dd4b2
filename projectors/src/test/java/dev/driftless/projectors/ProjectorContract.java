package dev.driftless.projectors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.events.MemoryEvent;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.Receipt;
import dev.driftless.producer.SetAsideException;
import dev.driftless.producer.View;
import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.schemas.GoldenEvents;
import dev.driftless.schemas.GoldenEvents.GoldenEvent;
import dev.driftless.schemas.SubjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * What every view promises, whatever its store: shown on the real store, with the real runtime
 * reading a real log. A view keeps it by a subclass that names its fixture.
 */
public abstract class ProjectorContract extends InspectorContract {

  private static final Duration WAIT = Duration.ofSeconds(60);

  @Test
  void events_of_a_subject_are_applied_in_log_order() {
    List<MemoryEvent> last = new ArrayList<>();
    for (int m = 0; m < 20; m++) {
      log().publish(Events.recorded("m" + m, "first " + m), Events.revised("m" + m, "second " + m));
      last.add(Events.revised("m" + m, "third " + m));
    }
    log().publish(last);
    log().project(fixture);
    last.forEach(this::assertShown);
  }

  @Test
  void every_kind_of_event_that_was_ever_written_is_taken() {
    List<MemoryEvent> events = GoldenEvents.all().stream().map(GoldenEvent::event).toList();
    log().publish(events);
    log().project(fixture);
    assertShowsSomething();
    try (Projector projector = fixture.open()) {
      assertThat(log().deadLetters(projector.view())).isEmpty();
    }
    if (showsEveryRecord()) {
      assertThat(fixture.shown()).hasSize(events.size());
    }
  }

  @Test
  void the_same_records_with_other_batch_borders_change_nothing() {
    List<LogRecord> records = records(12);
    try (Projector projector = fixture.open()) {
      Fence fence = projector.acquire(0);
      projector.apply(batch(fence, records, 0, 5));
      projector.apply(batch(fence, records, 5, 12));
      List<String> before = assertShowsSomething();
      assertThatThrownBy(() -> projector.apply(batch(fence, records, 0, 12)))
          .isInstanceOf(FencedException.class);
      assertThatThrownBy(() -> projector.apply(batch(fence, records, 3, 9)))
          .isInstanceOf(FencedException.class);
      assertThat(fixture.shown()).isEqualTo(before);
      assertThat(projector.stored(0).offset()).isEqualTo(12);
    }
  }

  @Test
  void the_borders_of_batches_do_not_show() {
    List<LogRecord> records = records(30);
    List<String> atOnce = applied(records, 30);
    fixture.wipe();
    List<String> oneByOne = applied(records, 1);
    fixture.wipe();
    assertThat(applied(records, 7)).isEqualTo(atOnce).isEqualTo(oneByOne).isNotEmpty();
  }

  @Test
  void a_batch_of_an_older_epoch_changes_nothing() {
    List<LogRecord> records = records(12);
    try (Projector zombie = fixture.open();
        Projector successor = fixture.open()) {
      Fence old = zombie.acquire(0);
      zombie.apply(batch(old, records, 0, 6));
      Fence current = successor.acquire(0);
      assertThat(current.epoch()).isGreaterThan(old.epoch());
      assertThat(current.offset()).isEqualTo(6);
      List<String> before = assertShowsSomething();
      assertThatThrownBy(() -> zombie.apply(batch(old, records, 6, 12)))
          .isInstanceOf(FencedException.class);
      assertThat(successor.stored(0).offset()).isEqualTo(6);
      successor.apply(batch(current, records, 6, 9));
      assertThatThrownBy(() -> zombie.apply(batch(old, records, 6, 12)))
          .isInstanceOf(FencedException.class);
      successor.apply(batch(current, records, 9, 12));
      assertThat(fixture.shown()).isNotEqualTo(before);
      assertThat(successor.stored(0).offset()).isEqualTo(12);
    }
  }

  @Test
  void batches_of_several_partitions_together_show_what_they_show_one_by_one() {
    List<List<LogRecord>> logs = partitions(40);
    try (Projector projector = fixture.open()) {
      for (List<LogRecord> records : logs) {
        projector.apply(all(projector.acquire(records.get(0).partition()), records));
      }
    }
    List<String> oneByOne = assertShowsSomething();
    fixture.wipe();
    try (Projector projector = fixture.open()) {
      projector.acquire(0);
      projector.acquire(1);
      for (int part = 1; part <= 2; part++) {
        List<Batch> batches = new ArrayList<>();
        for (List<LogRecord> r : logs) {
          Fence fence = projector.stored(r.get(0).partition());
          batches.add(next(fence, r, r.size() * part / 2));
        }
        projector.apply(batches);
      }
      assertThat(fixture.shown()).isEqualTo(oneByOne);
      assertThat(projector.stored(List.of(1, 7, 0)))
          .extracting(Fence::offset)
          .containsExactly((long) logs.get(1).size(), 0L, (long) logs.get(0).size());
    }
  }

  @Test
  void a_batch_beside_one_of_an_older_epoch_is_applied_wholly_or_not_at_all() {
    List<List<LogRecord>> logs = partitions(40);
    try (Projector zombie = fixture.open();
        Projector successor = fixture.open()) {
      Batch own = all(zombie.acquire(0), logs.get(0));
      Batch lost = all(zombie.acquire(1), logs.get(1));
      successor.acquire(1);
      assertThatThrownBy(() -> zombie.apply(List.of(own, lost)))
          .isInstanceOfSatisfying(
              FencedException.class, e -> assertThat(e.partition()).isEqualTo(1));
      assertThat(successor.stored(1).offset()).isZero();
      if (successor.stored(0).offset() == 0) {
        zombie.apply(own);
      }
      assertThat(successor.stored(0).offset()).isEqualTo(logs.get(0).size());
      List<String> shown = assertShowsSomething();
      fixture.wipe();
      zombie.apply(all(zombie.acquire(0), logs.get(0)));
      assertThat(fixture.shown()).isEqualTo(shown);
    }
  }

  @Test
  void the_partition_that_was_lost_is_named_though_its_batch_has_no_records() {
    try (Projector zombie = fixture.open();
        Projector successor = fixture.open()) {
      Batch own = all(zombie.acquire(0), partitions(40).get(0));
      Batch lost = new Batch(1, zombie.acquire(1).epoch(), 0, own.to(), List.of());
      successor.acquire(1);
      assertThatThrownBy(() -> zombie.apply(List.of(own, lost)))
          .isInstanceOfSatisfying(
              FencedException.class, e -> assertThat(e.partition()).isEqualTo(1));
    }
  }

  @Test
  void an_event_published_again_changes_nothing_though_another_came_in_between() {
    MemoryEvent recorded = Events.recorded("m1", "window seat");
    MemoryEvent revised = Events.revised("m1", "aisle seat");
    log().publish(recorded, revised);
    log().project(fixture);
    List<String> before = assertShowsSomething();
    log().publish(recorded);
    log().publish(revised, recorded);
    log().project(fixture);
    assertOnlyAudited(before, 3);
    assertShown(revised);
  }

  @Test
  void a_forgotten_memory_stays_forgotten() {
    MemoryEvent recorded = Events.recorded("m1", "window seat");
    MemoryEvent other = Events.recorded("m2", "vegetarian");
    log().publish(recorded, other, Events.forgotten("m1"));
    log().project(fixture);
    List<String> before = assertShowsSomething();
    MemoryEvent late = Events.revised("m1", "aisle seat");
    log().publish(late, Events.recorded("m1", "by the wing"), Events.forgotten("m1"));
    log().project(fixture);
    assertOnlyAudited(before, 3);
    assertShown(other);
    if (!showsEveryRecord()) {
      assertNotShown(recorded);
      assertNotShown(late);
    }
  }

  @Test
  void the_same_memory_id_of_two_tenants_is_two_memories() {
    MemoryEvent acme = Events.recorded("acme", SUBJECT, "m1", "window seat");
    MemoryEvent globex = Events.recorded("globex", SUBJECT, "m1", "aisle seat");
    MemoryEvent otherSubject = Events.recorded("acme", "ada", "m1", "no preference");
    log().publish(acme, globex, otherSubject);
    log().project(fixture);
    assertShown(acme);
    assertShown(globex);
    assertShown(otherSubject);
    log().publish(Events.forgotten("globex", SUBJECT, "m1"));
    log().project(fixture);
    assertShown(acme);
    assertShown(otherSubject);
    if (!showsEveryRecord()) {
      assertNotShown(globex);
    }
  }

  @Test
  void a_replay_from_zero_gives_the_same_view() {
    log().publish(history(60));
    log().project(fixture);
    List<String> before = assertShowsSomething();
    fixture.wipe();
    log().project(fixture);
    assertThat(fixture.shown()).isEqualTo(before);
  }

  @Test
  void the_position_moves_with_the_data() {
    MemoryEvent first = Events.recorded("m1", "window seat");
    log().publish(first);
    log().project(fixture);
    Runnable putBack = fixture.copy();
    List<String> before = assertShowsSomething();
    MemoryEvent second = Events.revised("m1", "aisle seat");
    log().publish(second);
    log().project(fixture);
    assertShown(second);
    putBack.run();
    assertThat(fixture.shown()).isEqualTo(before);
    try (Projector projector = fixture.open()) {
      assertThat(log().positions(projector)).isNotEqualTo(log().ends());
    }
    log().project(fixture);
    assertShown(second);
  }

  @Test
  void a_position_of_another_log_stops_the_view() throws Exception {
    log().publish(history(30));
    fill(0, "not-this-topic-id", 5);
    fill(1, "not-this-topic-id", 5);
    List<String> before = assertShowsSomething();
    assertStops("another log", "rebuild");
    assertThat(fixture.shown()).isEqualTo(before);
  }

  @Test
  void a_position_beyond_the_end_of_the_log_stops_the_view() throws Exception {
    log().publish(Events.recorded("m1", "window seat"));
    String topicId = log().topicId();
    fill(0, topicId, 100);
    fill(1, topicId, 100);
    List<String> before = assertShowsSomething();
    assertStops("beyond the log's end", "rebuild");
    assertThat(fixture.shown()).isEqualTo(before);
  }

  @Test
  void a_store_that_is_wiped_is_filled_again_while_the_projector_runs() {
    log().publish(history(60));
    try (ViewApplication ignored = log().start(fixture.open())) {
      log().awaitCaughtUp(fixture);
      List<String> before = assertShowsSomething();
      fixture.wipe();
      log().awaitCaughtUp(fixture);
      assertThat(fixture.shown()).isEqualTo(before);
    }
  }

  @Test
  void a_store_put_back_from_an_older_copy_catches_up_while_the_projector_runs() {
    log().publish(history(40));
    try (ViewApplication ignored = log().start(fixture.open())) {
      log().awaitCaughtUp(fixture);
      Runnable putBack = fixture.copy();
      log().publish(history(40));
      log().awaitCaughtUp(fixture);
      List<String> before = assertShowsSomething();
      putBack.run();
      log().awaitCaughtUp(fixture);
      assertThat(fixture.shown()).isEqualTo(before);
    }
  }

  @Test
  void what_is_not_an_event_or_not_in_its_place_is_set_aside_and_the_rest_arrives() {
    MemoryEvent before = Events.recorded("m1", "window seat");
    MemoryEvent after = Events.recorded("m2", "vegetarian");
    byte[] key = new SubjectKey("acme", SUBJECT).bytes();
    ProducerRecord<byte[], byte[]> good = log().record(before);
    log().publish(before);
    long garbage = log().publishRaw(List.of(garbage())).offset();
    ProducerRecord<byte[], byte[]> foreign =
        log().record(Events.recorded("globex", SUBJECT, "m9", "elsewhere"));
    int partition = SubjectKey.partition(key, TestLog.PARTITIONS);
    long misfit =
        log()
            .publishRaw(
                List.of(new ProducerRecord<>(good.topic(), partition, key, foreign.value())))
            .offset();
    log().publish(after);
    log().project(fixture);
    assertShown(before);
    assertShown(after);
    try (Projector projector = fixture.open()) {
      assertThat(log().deadLetters(projector.view()))
          .extracting(
              letter ->
                  TestLog.header(letter, "offset") + " " + TestLog.header(letter, "partition"))
          .containsExactly(garbage + " " + partition, misfit + " " + partition);
      assertThat(log().deadLetters(projector.view()))
          .extracting(letter -> TestLog.header(letter, "reason"))
          .satisfiesExactly(
              reason -> assertThat(reason).contains("wire format"),
              reason -> assertThat(reason).contains("record key"));
      assertThat(log().deadLetters(projector.view()))
          .extracting(ConsumerRecord::value)
          .first()
          .isEqualTo("{}".getBytes(UTF_8));
    }
    if (showsEveryRecord()) {
      assertThat(fixture.shown()).hasSize(4);
    }
  }

  @Test
  void whoever_waits_for_an_event_finds_it_in_the_view() {
    try (MemoryLog client = log().client();
        Projector projector = fixture.open();
        ViewApplication ignored = log().start(fixture.open())) {
      View view = new View(projector.view());
      for (int m = 0; m < 20; m++) {
        MemoryEvent recorded = Events.recorded("m" + m, "window seat");
        client.awaitVisible(client.append(recorded), view, WAIT);
        assertShown(recorded);
      }
      long garbage = log().publishRaw(List.of(garbage())).offset();
      Receipt after = client.append(Events.recorded("after", "vegetarian"));
      client.awaitVisible(after, view, WAIT);
      Receipt refused = new Receipt(after.topicId(), after.partition(), garbage);
      assertThatThrownBy(() -> client.awaitVisible(refused, view, WAIT))
          .isInstanceOf(SetAsideException.class)
          .hasMessageContaining("wire format");
    }
  }

  private ProducerRecord<byte[], byte[]> garbage() {
    byte[] key = new SubjectKey("acme", SUBJECT).bytes();
    return new ProducerRecord<>(log().names().log(), key, "{}".getBytes(UTF_8));
  }

  private void assertShown(MemoryEvent event) {
    assertThat(fixture.shown()).anyMatch(line -> line.contains(fixture.trace(event)));
  }

  private void assertNotShown(MemoryEvent event) {
    assertThat(fixture.shown()).noneMatch(line -> line.contains(fixture.trace(event)));
  }

  /** So many records came that change nothing but the audit trail. */
  private void assertOnlyAudited(List<String> before, int records) {
    if (showsEveryRecord()) {
      assertThat(fixture.shown()).containsAll(before).hasSize(before.size() + records);
    } else {
      assertThat(fixture.shown()).isEqualTo(before);
    }
  }

  private void assertStops(String... saying) throws Exception {
    try (ViewApplication application = log().start(fixture.open())) {
      var reason = application.stopped().get(patience().toSeconds(), TimeUnit.SECONDS);
      assertThat(reason.getMessage()).contains(saying).doesNotContain("\n");
    }
  }

  /** The records of partitions 0 and 1 of a log, each of subjects of its own, from offset 0 on. */
  private List<List<LogRecord>> partitions(int count) {
    return List.of(
        records(history(count).stream().filter(e -> e.getSubject().equals(SUBJECT)).toList()),
        records(history(count).stream().filter(e -> !e.getSubject().equals(SUBJECT)).toList())
            .stream()
            .map(r -> at(1, r))
            .toList());
  }

  private static LogRecord at(int partition, LogRecord r) {
    return new LogRecord(
        partition,
        r.offset(),
        r.logTime(),
        r.appendTime(),
        r.key(),
        r.value(),
        r.disposition(),
        r.decoded(),
        null);
  }

  /** The records of one partition that come next, up to an offset. */
  private static Batch next(Fence fence, List<LogRecord> records, int to) {
    int from = Math.toIntExact(fence.offset());
    Position position = new Position("topic", to, records.get(to - 1).logTime());
    return new Batch(
        records.get(0).partition(), fence.epoch(), from, position, records.subList(from, to));
  }

  private static Batch all(Fence fence, List<LogRecord> records) {
    return next(fence, records, records.size());
  }

  /** Puts a position of a made-up log, and the data before it, into the store. */
  private void fill(int partition, String topicId, long offset) {
    try (Projector projector = fixture.open()) {
      Fence fence = projector.acquire(partition);
      Position to = new Position(topicId, offset, Instant.ofEpochMilli(1_000));
      List<LogRecord> records = records(5).stream().map(r -> at(partition, r)).toList();
      projector.apply(new Batch(partition, fence.epoch(), fence.offset(), to, records));
      Awaitility.await()
          .atMost(patience())
          .until(() -> projector.stored(partition).offset() == offset);
    }
  }
}
