package dev.driftless.projectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.events.MemoryEvent;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.schemas.EventEncoder;
import dev.driftless.schemas.EventRegistry;
import dev.driftless.schemas.GoldenEvents;
import dev.driftless.schemas.Names;
import dev.driftless.schemas.SubjectKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What every view promises to whoever compares it with the log and repairs it; the rest of {@link
 * ProjectorContract}.
 */
@Tag("contract")
abstract class InspectorContract {

  /** The subject of {@link Events}, and one whose records are in the other partition. */
  static final String SUBJECT = "mia";

  ViewFixture fixture;

  private @Nullable TestLog log;

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
  }

  @AfterEach
  void close() {
    if (log != null) {
      log.close();
    }
    fixture.close();
  }

  /** A log of its own; tests that hand over records themselves need none. */
  TestLog log() {
    if (log == null) {
      log = new TestLog(patience());
    }
    return log;
  }

  /** For records that are in no log; as long as this JVM. */
  private static final class Encoding {

    static final EventEncoder ENCODER = new EventEncoder(registry());

    private static EventRegistry registry() {
      String url =
          TestStack.shared().with(ServerKind.KAFKA, ServerKind.REGISTRY).schemaRegistryUrl();
      EventRegistry registry = new EventRegistry(url, new Names("inspected"), Map.of());
      registry.register();
      return registry;
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

  List<String> assertShowsSomething() {
    List<String> shown = fixture.shown();
    assertThat(shown).isNotEmpty();
    return shown;
  }

  List<String> applied(List<LogRecord> records, int size) {
    try (Projector projector = fixture.open()) {
      Fence fence = projector.acquire(0);
      for (int from = 0; from < records.size(); from += size) {
        projector.apply(batch(fence, records, from, Math.min(records.size(), from + size)));
      }
    }
    return fixture.shown();
  }

  static Batch batch(Fence fence, List<LogRecord> records, int from, int to) {
    Position position = new Position("topic", to, records.get(to - 1).logTime());
    return new Batch(0, fence.epoch(), from, position, records.subList(from, to));
  }

  /**
   * Records of partition 0 at the offsets from 0 on: six memories, recorded, revised and forgotten.
   */
  List<LogRecord> records(int count) {
    return records(history(count));
  }

  List<LogRecord> records(List<MemoryEvent> events) {
    // near to now, so that nothing has outlived its time in the cache
    Instant start = Instant.ofEpochMilli(System.currentTimeMillis()).minusSeconds(60);
    return IntStream.range(0, events.size())
        .mapToObj(
            i -> {
              MemoryEvent event = events.get(i);
              Instant time = start.plusMillis(i);
              return new LogRecord(
                  0,
                  i,
                  time,
                  time,
                  new SubjectKey(event.getTenant(), event.getSubject()).bytes(),
                  Encoding.ENCODER.encode(event),
                  Disposition.APPLY,
                  event,
                  null);
            })
        .toList();
  }

  /** Events of several subjects, in a fixed order, of memories that come, change and go. */
  static List<MemoryEvent> history(int count) {
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
}
