package dev.driftless.projectors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.schemas.GoldenEvents;
import dev.driftless.schemas.GoldenEvents.GoldenEvent;
import dev.driftless.schemas.SubjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every view promises, whatever its store: shown on the real store, with the real runtime
 * reading a real log. A view keeps it by a subclass that names its fixture.
 */
public abstract class ProjectorContract {

  /** The subject of {@link Events}, and one whose records are in the other partition. */
  private static final String SUBJECT = "mia";

  private ViewFixture fixture;
  private TestLog log;

  /** A fresh, empty view. */
  protected abstract ViewFixture fixture();

  /** True for a view that shows a line for every record, also for those that change nothing. */
  protected boolean showsEveryRecord() {
    return false;
  }

  /** How long a view may take to catch up. */
  protected Duration patience() {
    return Duration.ofSeconds(60);
  }

  @BeforeEach
  void open() {
    fixture = fixture();
    log = new TestLog(patience());
  }

  @AfterEach
  void close() {
    log.close();
    fixture.close();
  }

  @Test
  void events_of_a_subject_are_applied_in_log_order() {
    List<MemoryEvent> last = new ArrayList<>();
    for (int m = 0; m < 20; m++) {
      log.publish(Events.recorded("m" + m, "first " + m), Events.revised("m" + m, "second " + m));
      last.add(Events.revised("m" + m, "third " + m));
    }
    log.publish(last);
    log.project(fixture);
    last.forEach(this::assertShown);
  }

  @Test
  void every_kind_of_event_that_was_ever_written_is_taken() {
    List<MemoryEvent> events = GoldenEvents.all().stream().map(GoldenEvent::event).toList();
    log.publish(events);
    log.project(fixture);
    assertShowsSomething();
    try (Projector projector = fixture.open()) {
      assertThat(log.deadLetters(projector.view())).isEmpty();
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
  void an_event_published_again_changes_nothing_though_another_came_in_between() {
    MemoryEvent recorded = Events.recorded("m1", "window seat");
    MemoryEvent revised = Events.revised("m1", "aisle seat");
    log.publish(recorded, revised);
    log.project(fixture);
    List<String> before = assertShowsSomething();
    log.publish(recorded);
    log.publish(revised, recorded);
    log.project(fixture);
    assertOnlyAudited(before, 3);
    assertShown(revised);
  }

  @Test
  void a_forgotten_memory_stays_forgotten() {
    MemoryEvent recorded = Events.recorded("m1", "window seat");
    MemoryEvent other = Events.recorded("m2", "vegetarian");
    log.publish(recorded, other, Events.forgotten("m1"));
    log.project(fixture);
    List<String> before = assertShowsSomething();
    MemoryEvent late = Events.revised("m1", "aisle seat");
    log.publish(late, Events.recorded("m1", "by the wing"), Events.forgotten("m1"));
    log.project(fixture);
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
    log.publish(acme, globex, otherSubject);
    log.project(fixture);
    assertShown(acme);
    assertShown(globex);
    assertShown(otherSubject);
    log.publish(Events.forgotten("globex", SUBJECT, "m1"));
    log.project(fixture);
    assertShown(acme);
    assertShown(otherSubject);
    if (!showsEveryRecord()) {
      assertNotShown(globex);
    }
  }

  @Test
  void a_replay_from_zero_gives_the_same_view() {
    log.publish(history(60));
    log.project(fixture);
    List<String> before = assertShowsSomething();
    fixture.wipe();
    log.project(fixture);
    assertThat(fixture.shown()).isEqualTo(before);
  }

  @Test
  void the_position_moves_with_the_data() {
    MemoryEvent first = Events.recorded("m1", "window seat");
    log.publish(first);
    log.project(fixture);
    Runnable putBack = fixture.copy();
    List<String> before = assertShowsSomething();
    MemoryEvent second = Events.revised("m1", "aisle seat");
    log.publish(second);
    log.project(fixture);
    assertShown(second);
    putBack.run();
    assertThat(fixture.shown()).isEqualTo(before);
    try (Projector projector = fixture.open()) {
      assertThat(log.positions(projector)).isNotEqualTo(log.ends());
    }
    log.project(fixture);
    assertShown(second);
  }

  @Test
  void a_position_of_another_log_stops_the_view() throws Exception {
    log.publish(history(30));
    fill(0, "not-this-topic-id", 5);
    fill(1, "not-this-topic-id", 5);
    List<String> before = assertShowsSomething();
    assertStops("another log", "rebuild");
    assertThat(fixture.shown()).isEqualTo(before);
  }

  @Test
  void a_position_beyond_the_end_of_the_log_stops_the_view() throws Exception {
    log.publish(Events.recorded("m1", "window seat"));
    String topicId = log.topicId();
    fill(0, topicId, 100);
    fill(1, topicId, 100);
    List<String> before = assertShowsSomething();
    assertStops("beyond the log's end", "rebuild");
    assertThat(fixture.shown()).isEqualTo(before);
  }

  @Test
  void a_store_that_is_wiped_is_filled_again_while_the_projector_runs() {
    log.publish(history(60));
    try (ViewApplication ignored = log.start(fixture.open())) {
      log.awaitCaughtUp(fixture);
      List<String> before = assertShowsSomething();
      fixture.wipe();
      log.awaitCaughtUp(fixture);
      assertThat(fixture.shown()).isEqualTo(before);
    }
  }

  @Test
  void a_store_put_back_from_an_older_copy_catches_up_while_the_projector_runs() {
    log.publish(history(40));
    try (ViewApplication ignored = log.start(fixture.open())) {
      log.awaitCaughtUp(fixture);
      Runnable putBack = fixture.copy();
      log.publish(history(40));
      log.awaitCaughtUp(fixture);
      List<String> before = assertShowsSomething();
      putBack.run();
      log.awaitCaughtUp(fixture);
      assertThat(fixture.shown()).isEqualTo(before);
    }
  }

  @Test
  void what_is_not_an_event_or_not_in_its_place_is_set_aside_and_the_rest_arrives() {
    MemoryEvent before = Events.recorded("m1", "window seat");
    MemoryEvent after = Events.recorded("m2", "vegetarian");
    byte[] key = new SubjectKey("acme", SUBJECT).bytes();
    ProducerRecord<byte[], byte[]> good = log.record(before);
    log.publish(before);
    long garbage =
        log.publishRaw(List.of(new ProducerRecord<>(log.names().log(), key, "{}".getBytes(UTF_8))))
            .offset();
    ProducerRecord<byte[], byte[]> foreign =
        log.record(Events.recorded("globex", SUBJECT, "m9", "elsewhere"));
    int partition = SubjectKey.partition(key, TestLog.PARTITIONS);
    long misfit =
        log.publishRaw(List.of(new ProducerRecord<>(good.topic(), partition, key, foreign.value())))
            .offset();
    log.publish(after);
    log.project(fixture);
    assertShown(before);
    assertShown(after);
    try (Projector projector = fixture.open()) {
      assertThat(log.deadLetters(projector.view()))
          .extracting(
              letter ->
                  TestLog.header(letter, "offset") + " " + TestLog.header(letter, "partition"))
          .containsExactly(garbage + " " + partition, misfit + " " + partition);
      assertThat(log.deadLetters(projector.view()))
          .extracting(letter -> TestLog.header(letter, "reason"))
          .satisfiesExactly(
              reason -> assertThat(reason).contains("wire format"),
              reason -> assertThat(reason).contains("record key"));
      assertThat(log.deadLetters(projector.view()))
          .extracting(ConsumerRecord::value)
          .first()
          .isEqualTo("{}".getBytes(UTF_8));
    }
    if (showsEveryRecord()) {
      assertThat(fixture.shown()).hasSize(4);
    }
  }

  @Test
  void every_entity_holds_what_its_history_makes_of_it() {
    List<LogRecord> records = records(everyKindAnd(history(30)));
    applied(records, 8);
    try (Inspector inspector = fixture.inspect(1)) {
      List<History> histories = Histories.of(records, inspector);
      assertThat(histories).isNotEmpty();
      assertHolds(inspector, histories, records.size());
      assertThat(inspector.cost().examined()).isPositive();
      assertThat(histories).anyMatch(h -> !inspector.contents(h.entity()).isEmpty());
    }
  }

  @Test
  void the_entities_that_are_held_are_those_of_the_log() {
    List<LogRecord> records = records(everyKindAnd(history(30)));
    applied(records, 8);
    BitSet all = new BitSet();
    all.set(0, Entity.BUCKETS);
    try (Inspector inspector = fixture.inspect(1)) {
      Set<Entity> held = new HashSet<>();
      inspector.entities(all, held::add);
      List<History> histories = Histories.of(records, inspector);
      List<List<HeldRow>> expected = inspector.expected(histories);
      Set<Entity> live = new HashSet<>();
      for (int i = 0; i < histories.size(); i++) {
        if (!Histories.live(expected.get(i)).isEmpty()) {
          live.add(histories.get(i).entity());
        }
      }
      assertThat(held).containsAll(live);
      assertThat(histories).extracting(History::entity).containsAll(held);
    }
  }

  @Test
  void the_digest_of_a_bucket_is_that_of_its_expected_rows() {
    List<LogRecord> records = records(everyKindAnd(history(30)));
    applied(records, 8);
    try (Inspector inspector = fixture.inspect(1)) {
      List<History> histories = Histories.of(records, inspector);
      List<List<HeldRow>> expected = inspector.expected(histories);
      long[] digests = new long[Entity.BUCKETS];
      for (int i = 0; i < histories.size(); i++) {
        for (HeldRow row : expected.get(i)) {
          digests[histories.get(i).entity().bucket()] ^= row.digest();
        }
      }
      BucketDigests held = inspector.buckets();
      if (held != null) {
        assertThat(held.digests()).isEqualTo(digests);
        assertThat(held.positions()).isEqualTo(Map.of(0, (long) records.size()));
      }
      fixture.wipe();
      assertThat(held == null || Histories.isEmpty(inspector.buckets())).isTrue();
      assertThat(inspector.read(List.of(histories.get(0).entity())))
          .isEqualTo(List.of(new Held(histories.get(0).entity(), 0, List.of())));
    }
  }

  @Test
  void a_repair_takes_away_and_brings_back() {
    List<LogRecord> records = records(everyKindAnd(history(30)));
    applied(records, 8);
    List<String> before = assertShowsSomething();
    try (Projector projector = fixture.open();
        Inspector inspector = fixture.inspect(1)) {
      List<History> histories = Histories.of(records, inspector);
      List<History> nothing =
          histories.stream().map(h -> new History(h.entity(), List.of())).toList();
      Fence fence = projector.acquire(0);
      projector.repair(new Repair(0, fence.epoch(), fence.offset(), nothing));
      for (Held held : inspector.read(nothing.stream().map(History::entity).toList())) {
        assertThat(Histories.live(held.rows())).as("%s", held.entity()).isEmpty();
      }
      projector.repair(new Repair(0, fence.epoch(), fence.offset(), histories));
      assertHolds(inspector, histories, records.size());
      assertThat(fixture.shown()).isEqualTo(before);
      projector.repair(new Repair(0, fence.epoch(), fence.offset(), histories));
      assertThat(fixture.shown()).isEqualTo(before);
      assertThat(projector.stored(0).offset()).isEqualTo(records.size());
    }
  }

  @Test
  void a_repair_of_another_epoch_or_position_changes_nothing() {
    List<LogRecord> records = records(12);
    applied(records, 12);
    List<String> before = assertShowsSomething();
    try (Projector zombie = fixture.open();
        Projector successor = fixture.open();
        Inspector inspector = fixture.inspect(1)) {
      List<History> nothing =
          Histories.of(records, inspector).stream()
              .map(h -> new History(h.entity(), List.of()))
              .toList();
      Fence old = zombie.acquire(0);
      Fence current = successor.acquire(0);
      assertThatThrownBy(() -> zombie.repair(new Repair(0, old.epoch(), old.offset(), nothing)))
          .isInstanceOf(FencedException.class);
      assertThatThrownBy(() -> successor.repair(new Repair(0, current.epoch(), 5, nothing)))
          .isInstanceOf(FencedException.class);
      assertThat(fixture.shown()).isEqualTo(before);
    }
  }

  @Test
  void events_after_a_repair_are_applied() {
    List<LogRecord> records = records(everyKindAnd(history(30)));
    List<String> straight = applied(records, records.size());
    fixture.wipe();
    int half = records.size() / 2;
    try (Projector projector = fixture.open();
        Inspector inspector = fixture.inspect(1)) {
      Fence fence = projector.acquire(0);
      projector.apply(batch(fence, records, 0, half));
      List<History> histories = Histories.of(records.subList(0, half), inspector);
      projector.repair(new Repair(0, fence.epoch(), half, histories));
      projector.apply(batch(fence, records, half, records.size()));
    }
    assertThat(fixture.shown()).isEqualTo(straight);
  }

  private static void assertHolds(Inspector inspector, List<History> histories, long asOf) {
    List<List<HeldRow>> expected = inspector.expected(histories);
    List<Held> held = inspector.read(histories.stream().map(History::entity).toList());
    assertThat(held).hasSameSizeAs(histories);
    for (int i = 0; i < held.size(); i++) {
      assertThat(held.get(i).entity()).isEqualTo(histories.get(i).entity());
      assertThat(held.get(i).asOf()).isEqualTo(asOf);
      assertThat(Histories.live(held.get(i).rows()))
          .as("%s", held.get(i).entity())
          .usingElementComparator((a, b) -> a.matches(b) ? 0 : 1)
          .containsExactlyInAnyOrderElementsOf(Histories.live(expected.get(i)));
    }
  }

  private static List<MemoryEvent> everyKindAnd(List<MemoryEvent> more) {
    List<MemoryEvent> events = new ArrayList<>();
    GoldenEvents.all().forEach(golden -> events.add(golden.event()));
    events.addAll(more);
    return events;
  }

  private void assertShown(MemoryEvent event) {
    assertThat(fixture.shown()).anyMatch(line -> line.contains(fixture.trace(event)));
  }

  private void assertNotShown(MemoryEvent event) {
    assertThat(fixture.shown()).noneMatch(line -> line.contains(fixture.trace(event)));
  }

  private List<String> assertShowsSomething() {
    List<String> shown = fixture.shown();
    assertThat(shown).isNotEmpty();
    return shown;
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
    try (ViewApplication application = log.start(fixture.open())) {
      var reason = application.stopped().get(patience().toSeconds(), TimeUnit.SECONDS);
      assertThat(reason.getMessage()).contains(saying).doesNotContain("\n");
    }
  }

  /** Puts a position of a made-up log, and the data before it, into the store. */
  private void fill(int partition, String topicId, long offset) {
    try (Projector projector = fixture.open()) {
      Fence fence = projector.acquire(partition);
      Position to = new Position(topicId, offset, Instant.ofEpochMilli(1_000));
      List<LogRecord> records =
          records(5).stream()
              .map(
                  r ->
                      new LogRecord(
                          partition,
                          r.offset(),
                          r.logTime(),
                          r.appendTime(),
                          r.key(),
                          r.value(),
                          r.disposition(),
                          r.decoded(),
                          null))
              .toList();
      projector.apply(new Batch(partition, fence.epoch(), fence.offset(), to, records));
      Awaitility.await()
          .atMost(patience())
          .until(() -> projector.stored(partition).offset() == offset);
    }
  }

  private List<String> applied(List<LogRecord> records, int size) {
    try (Projector projector = fixture.open()) {
      Fence fence = projector.acquire(0);
      for (int from = 0; from < records.size(); from += size) {
        projector.apply(batch(fence, records, from, Math.min(records.size(), from + size)));
      }
    }
    return fixture.shown();
  }

  private static Batch batch(Fence fence, List<LogRecord> records, int from, int to) {
    Position position = new Position("topic", to, records.get(to - 1).logTime());
    return new Batch(0, fence.epoch(), from, position, records.subList(from, to));
  }

  /**
   * Records of partition 0 at the offsets from 0 on: six memories, recorded, revised and forgotten.
   */
  private List<LogRecord> records(int count) {
    return records(history(count));
  }

  private List<LogRecord> records(List<MemoryEvent> events) {
    // near to now, so that nothing has outlived its time in the cache
    Instant start = Instant.ofEpochMilli(System.currentTimeMillis()).minusSeconds(60);
    return IntStream.range(0, events.size())
        .mapToObj(
            i -> {
              ProducerRecord<byte[], byte[]> record = log.record(events.get(i));
              Instant time = start.plusMillis(i);
              return new LogRecord(
                  0,
                  i,
                  time,
                  time,
                  record.key(),
                  record.value(),
                  Disposition.APPLY,
                  events.get(i),
                  null);
            })
        .toList();
  }

  /** Events of several subjects, in a fixed order, of memories that come, change and go. */
  private static List<MemoryEvent> history(int count) {
    return IntStream.range(0, count)
        .mapToObj(
            i -> {
              int at = i % 11 == 10 ? i - 1 : i; // what is forgotten was recorded just before
              String subject = at % 2 == 0 ? SUBJECT : "ada";
              if (i % 11 == 10) {
                return Events.forgotten("acme", subject, "gone" + at);
              }
              String memory = i % 11 == 9 ? "gone" + i : "m" + i % 7;
              return Events.recorded("acme", subject, memory, "text " + i);
            })
        .toList();
  }
}
