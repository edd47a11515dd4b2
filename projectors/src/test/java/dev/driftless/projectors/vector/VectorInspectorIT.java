package dev.driftless.projectors.vector;

import static dev.driftless.projectors.vector.EmbeddingModel.MINILM;
import static dev.driftless.projectors.vector.TestLog.PARTITION;
import static io.qdrant.client.ConditionFactory.hasId;
import static io.qdrant.client.PointIdFactory.id;
import static io.qdrant.client.ValueFactory.list;
import static io.qdrant.client.ValueFactory.value;
import static io.qdrant.client.VectorsFactory.namedVectors;
import static io.qdrant.client.VectorsFactory.vectors;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.Held;
import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Repair;
import dev.driftless.schemas.SubjectKey;
import io.qdrant.client.grpc.Common.Filter;
import io.qdrant.client.grpc.Common.PointId;
import io.qdrant.client.grpc.JsonWithInt.Value;
import io.qdrant.client.grpc.Points.PointStruct;
import io.qdrant.client.grpc.Points.RetrievedPoint;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is done to points behind the projector's back is seen, and mended by a repair. */
final class VectorInspectorIT {

  private static final int PARTITIONS = 4;

  /** Its partition is {@link TestLog#PARTITION}. */
  private static final String SUBJECT = subjectOfPartition();

  private static final Entity WINDOW = memory("window");
  private static final Entity GONE = memory("gone");
  private static final Entity CARRIED = memory("carried");
  private static final Entity DOTS = memory("dots");

  private final VectorFixture view = new VectorFixture();
  private final VectorProjector projector = view.projector();
  private final Inspector inspector = view.inspect(PARTITIONS);
  private final TestLog log =
      new TestLog("acme", SUBJECT)
          .recorded("window", "Ann likes a seat at the aisle")
          .revised("window", "Ann likes a seat at the window")
          .recorded("gone", "Ann eats no meat")
          .forgotten("gone")
          .recorded("carried", "Ann eats no meat", TestLog.embedding(MINILM.id(), axis(5)), null)
          .recorded("dots", " ")
          .sessionStarted();
  private long epoch;

  @BeforeEach
  void write() {
    epoch = projector.acquire(PARTITION).epoch();
    projector.apply(log.all(epoch));
  }

  @AfterEach
  void close() {
    inspector.close();
    projector.close();
    view.close();
  }

  @Test
  void memories_with_a_computed_a_carried_and_no_vector_hold_what_is_expected() {
    assertThat(differing()).isEmpty();
    List<List<HeldRow>> rows = inspector.expected(histories(log.end()));
    assertThat(rows)
        .extracting(of -> of.get(0).vector() != null)
        .containsExactly(true, false, true, false);
    assertThat(Objects.requireNonNull(rows.get(2).get(0).vector())[5]).isEqualTo(1f);
    assertThat(rows).extracting(of -> of.get(0).offset()).containsExactly(1L, 3L, 4L, 5L);
    assertThat(entities()).containsExactlyInAnyOrder(WINDOW, GONE, CARRIED, DOTS);
  }

  @Test
  void only_entities_of_the_buckets_asked_for_are_told_and_strays_always() {
    UUID stray = UUID.randomUUID();
    put(id(stray), Map.of(), axis(1));
    BitSet other = new BitSet();
    other.set((WINDOW.bucket() + 1) % Entity.BUCKETS);
    Set<Entity> found = new HashSet<>();
    inspector.entities(other, found::add);
    assertThat(found).containsExactly(Entity.stray(stray.toString()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "kind", "agent", "offset", "epoch", "partition", "version"})
  void a_lost_field_is_seen_and_mended(String field) {
    edit(WINDOW, payload -> payload.remove(field));
    assertSeenAndMended(field.equals("epoch") ? Set.of() : Set.of(WINDOW));
  }

  @Test
  void an_edited_field_is_seen_and_mended() {
    set(WINDOW, "text", value("Ann likes a seat on the wing"));
    assertSeenAndMended(Set.of(WINDOW));
    set(WINDOW, "offset", value(0));
    assertSeenAndMended(Set.of(WINDOW));
    set(WINDOW, "attributes", value(Map.of("source", value(1))));
    assertSeenAndMended(Set.of(WINDOW));
    set(WINDOW, "note", value("a field of somebody else"));
    assertSeenAndMended(Set.of(WINDOW));
  }

  @Test
  void a_memory_under_another_name_is_a_stray_until_its_own_memory_is_mended() {
    set(WINDOW, "tenant", value("globex"));
    Entity stray = Entity.stray(PointNames.of(WINDOW).getUuid());
    assertThat(entities()).contains(stray).doesNotContain(WINDOW);
    assertThat(held(stray).rows()).hasSize(1);
    assertSeenAndMended(Set.of(WINDOW));

    assertThat(entities()).contains(WINDOW).doesNotContain(stray);
    assertThat(held(stray).rows()).isEmpty();
    repair(List.of(new History(stray, List.of())));
    assertThat(differing()).isEmpty();
  }

  @Test
  void another_vector_is_seen_and_mended_and_one_within_the_tolerance_is_none() {
    float[] computed = Objects.requireNonNull(held(WINDOW).rows().get(0).vector()).clone();
    computed[0] += 5e-5f;
    rewrite(WINDOW, computed);
    assertThat(differing()).isEmpty();
    computed[0] += 1e-2f;
    rewrite(WINDOW, computed);
    assertSeenAndMended(Set.of(WINDOW));
    rewrite(WINDOW, axis(7));
    assertSeenAndMended(Set.of(WINDOW));
    rewrite(DOTS, axis(7));
    assertSeenAndMended(Set.of(DOTS));
  }

  @Test
  void a_removed_vector_is_seen_and_mended() {
    rewrite(WINDOW);
    rewrite(CARRIED);
    assertSeenAndMended(Set.of(WINDOW, CARRIED));
  }

  @Test
  void a_vector_that_should_not_be_is_seen_and_mended_where_the_server_has_indexed_it() {
    rewrite(GONE, axis(7));
    rewrite(DOTS, axis(8));
    view.index();
    assertSeenAndMended(Set.of(GONE, DOTS));
  }

  @Test
  void a_deleted_point_and_a_deleted_tombstone_are_seen_and_mended() {
    delete(PointNames.of(WINDOW));
    delete(PointNames.of(GONE));
    assertThat(held(WINDOW)).isEqualTo(new Held(WINDOW, log.end(), List.of()));
    assertSeenAndMended(Set.of(WINDOW, GONE));
  }

  @Test
  void an_old_version_and_a_revived_memory_are_seen_and_mended() {
    List<PointStruct> old = new ArrayList<>(projector.points(log.batch(epoch, 0, 1)));
    old.addAll(projector.points(log.batch(epoch, 2, 3)));
    view.collection().upsert(old, Filter.getDefaultInstance());
    assertSeenAndMended(Set.of(WINDOW, GONE));
  }

  @Test
  void a_memory_of_which_no_event_ever_spoke_is_seen_and_taken_away() {
    TestLog unwritten = new TestLog("acme", SUBJECT).recorded("ghost", "Ann has never been here");
    Entity ghost = memory("ghost");
    view.collection().upsert(projector.points(unwritten.all(epoch)), Filter.getDefaultInstance());
    assertThat(entities()).contains(ghost);
    assertThat(held(ghost).rows()).hasSize(1);
    set(ghost, "epoch", value(epoch + 1));
    repair(List.of(new History(ghost, List.of())));
    assertThat(held(ghost).rows()).isEmpty();
    assertThat(entities()).doesNotContain(ghost);
    assertThat(differing()).isEmpty();
  }

  @Test
  void points_that_no_event_can_have_made_are_seen_and_taken_away() {
    UUID copied = UUID.randomUUID();
    Map<String, Value> payload = new HashMap<>(stored(WINDOW).getPayloadMap());
    payload.put("epoch", value(epoch + 10_000)); // as of a partition that was taken over later
    put(id(copied), payload, axis(1));
    put(id(77), Map.of("tenant", value(1), "offset", list(List.of(value(1)))), axis(1));
    put(id(-1), Map.of(), axis(1));
    List<Entity> strays =
        List.of(
            Entity.stray(copied.toString()),
            Entity.stray("77"),
            Entity.stray("18446744073709551615"));
    assertThat(entities()).containsAll(strays);
    assertThat(inspector.read(strays)).allMatch(held -> held.rows().get(0).name().equals("point"));
    assertThat(inspector.contents(strays.get(1)))
        .singleElement(STRING)
        .startsWith("{\"payload\":{\"offset\":[1],\"tenant\":1},\"vector\":[0.0,1.0,0.0,");
    assertThat(differing()).isEmpty();

    Fence other = projector.acquire(0);
    projector.repair(
        new Repair(
            0, other.epoch(), 0, strays.stream().map(s -> new History(s, List.of())).toList()));
    assertThat(entities()).containsExactlyInAnyOrder(WINDOW, GONE, CARRIED, DOTS);
    assertThat(inspector.read(strays)).allMatch(held -> held.rows().isEmpty());
  }

  @Test
  void the_position_of_a_partition_is_neither_told_nor_taken_away() {
    Entity position = Entity.stray(String.valueOf(PARTITION));
    assertThat(entities()).doesNotContain(position);
    repair(List.of(new History(position, List.of())));
    assertThat(projector.stored(PARTITION).offset()).isEqualTo(log.end());
  }

  @ParameterizedTest
  @ValueSource(strings = {"offset", "epoch"})
  void an_absurd_number_is_seen_and_does_not_protect_a_point(String field) {
    for (Value absurd :
        List.of(
            value(Long.MAX_VALUE),
            value(Long.MIN_VALUE),
            value(epoch + 3_600_000),
            value(1e300),
            value("soon"),
            list(List.of(value(1), value(Long.MAX_VALUE))))) {
      set(WINDOW, field, absurd);
      set(WINDOW, "text", value("edited too"));
      assertThat(held(WINDOW).asOf()).isNotNegative();
      assertSeenAndMended(Set.of(WINDOW));
      assertThat(stored(WINDOW).getPayloadOrThrow("epoch").getIntegerValue()).isEqualTo(epoch);
    }
  }

  @Test
  void a_point_ahead_of_the_position_is_as_of_its_own_offset() {
    TestLog more = log.revised("window", "Ann does not mind").forgotten("gone").forgotten("dots");
    Batch ahead = more.batch(epoch, 7, 9);
    projector.write(projector.points(ahead), ahead);
    assertThat(held(WINDOW).asOf()).isEqualTo(8);
    assertThat(held(GONE).asOf()).isEqualTo(9);
    assertThat(held(DOTS).asOf()).isEqualTo(7);
    assertThat(differing()).isEmpty();
  }

  @Test
  void what_a_successor_wrote_after_the_check_stays() {
    Entity late = memory("late");
    put(PointNames.of(CARRIED), Map.of("epoch", value(epoch + 3_600_000)), axis(1));
    List<History> histories = new ArrayList<>(histories(log.end()));
    histories.add(new History(late, List.of()));
    PointRepair.Plan plan = projector.plan(new Repair(PARTITION, epoch, log.end(), histories));
    try (VectorProjector successor = view.projector()) {
      Fence fence = successor.acquire(PARTITION);
      log.revised("window", "Ann does not mind").recorded("late", "Ann is late").forgotten("dots");
      successor.apply(log.batch(fence.epoch(), 7, 10));
      successor.repair(new Repair(PARTITION, fence.epoch(), 10, histories(10)));
    }
    List<RetrievedPoint> points = view.points();
    PointRepair.write(plan);
    assertThat(view.points()).isEqualTo(points);
  }

  @Test
  void a_repair_of_another_epoch_or_position_is_refused() {
    set(WINDOW, "text", value("edited"));
    assertThatThrownBy(
            () -> projector.repair(new Repair(PARTITION, epoch - 1, log.end(), histories(7))))
        .isInstanceOf(FencedException.class);
    assertThatThrownBy(() -> projector.repair(new Repair(PARTITION, epoch, 6, histories(7))))
        .isInstanceOf(FencedException.class);
    assertThat(differing()).containsExactly(WINDOW);
  }

  @Test
  void an_event_that_was_set_aside_changes_nothing_that_is_expected() {
    log.recorded("window", "bad", TestLog.embedding(MINILM.id(), 1, 2), null)
        .recorded("never", "bad", TestLog.embedding(MINILM.id(), 1, 2), null);
    projector.apply(new Batch(PARTITION, epoch, 7, TestLog.position(9), List.of()));
    assertThat(differing()).isEmpty();
    repair(histories(log.end()));
    assertThat(differing()).isEmpty();
    assertThat(held(memory("never")).rows()).isEmpty();
  }

  @Test
  void reading_more_than_a_page_gives_all_in_order_and_says_what_it_cost() {
    TestLog many = new TestLog("acme", SUBJECT);
    for (int i = 0; i < 1_203; i++) {
      many.recorded("n" + i, "Ann was here");
    }
    view.wipe();
    Fence fence = projector.acquire(PARTITION);
    projector.apply(many.all(fence.epoch()));
    List<Entity> all = new ArrayList<>();
    many.all(1).records().forEach(r -> all.add(Objects.requireNonNull(Entity.of(r.event()))));
    long before = inspector.cost().sent();
    assertThat(inspector.read(all)).extracting(Held::entity).isEqualTo(all);
    assertThat(inspector.cost().sent() - before).isBetween(1_203L, 1_203L + PARTITIONS);
    assertThat(inspector.read(all)).allMatch(held -> held.rows().size() == 1);
    assertThat(entities()).containsExactlyInAnyOrderElementsOf(all);
  }

  private void assertSeenAndMended(Set<Entity> differing) {
    assertThat(differing()).isEqualTo(differing);
    repair(histories(log.end()));
    assertThat(differing()).isEmpty();
    assertThat(TestLog.fence(projector.stored(PARTITION)))
        .isEqualTo(new Fence(epoch, TestLog.position(log.end())));
  }

  private void repair(List<History> histories) {
    projector.repair(new Repair(PARTITION, epoch, log.end(), histories));
  }

  /** The memories of the log of which the view holds something else than their history says. */
  private Set<Entity> differing() {
    Set<Entity> differing = new HashSet<>();
    for (History whole : histories(log.end())) {
      Held held = held(whole.entity());
      History history =
          histories((int) Math.min(held.asOf(), log.end())).stream()
              .filter(h -> h.entity().equals(whole.entity()))
              .findFirst()
              .orElseThrow();
      List<HeldRow> expected = inspector.expected(List.of(history)).get(0);
      boolean same =
          held.rows().size() == expected.size()
              && (expected.isEmpty() || held.rows().get(0).matches(expected.get(0)));
      if (!same) {
        differing.add(whole.entity());
      }
    }
    return differing;
  }

  private List<History> histories(int below) {
    Map<Entity, List<LogRecord>> records = new LinkedHashMap<>();
    for (LogRecord record : log.batch(1, 0, below).records()) {
      Entity entity = Entity.of(record.event());
      if (entity != null && entity.kind() == Kind.MEMORY) {
        records.computeIfAbsent(entity, e -> new ArrayList<>()).add(record);
      }
    }
    return records.entrySet().stream().map(e -> new History(e.getKey(), e.getValue())).toList();
  }

  private Set<Entity> entities() {
    BitSet all = new BitSet();
    all.set(0, Entity.BUCKETS);
    Set<Entity> found = new HashSet<>();
    inspector.entities(all, found::add);
    return found;
  }

  private Held held(Entity entity) {
    return inspector.read(List.of(entity)).get(0);
  }

  private RetrievedPoint stored(Entity entity) {
    return view.points().stream()
        .filter(point -> point.getId().equals(PointNames.of(entity)))
        .findFirst()
        .orElseThrow();
  }

  private void set(Entity entity, String field, Value value) {
    edit(entity, payload -> payload.put(field, value));
  }

  private void edit(Entity entity, Consumer<Map<String, Value>> change) {
    RetrievedPoint point = stored(entity);
    Map<String, Value> payload = new HashMap<>(point.getPayloadMap());
    change.accept(payload);
    put(point.getId(), payload, floats(VectorFixture.vector(point)));
  }

  private void rewrite(Entity entity, float... vector) {
    put(PointNames.of(entity), stored(entity).getPayloadMap(), vector);
  }

  private void put(PointId id, Map<String, Value> payload, float... vector) {
    PointStruct point =
        PointStruct.newBuilder()
            .setId(id)
            .putAllPayload(payload)
            .setVectors(vector.length == 0 ? namedVectors(Map.of()) : vectors(vector))
            .build();
    view.collection().upsert(List.of(point), Filter.getDefaultInstance());
  }

  private void delete(PointId id) {
    view.collection().delete(Filter.newBuilder().addMust(hasId(id)).build());
  }

  private static float[] floats(List<Float> values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i);
    }
    return floats;
  }

  private static float[] axis(int dimension) {
    float[] vector = new float[MINILM.dimensions()];
    vector[dimension] = 1;
    return vector;
  }

  private static Entity memory(String id) {
    return new Entity(Kind.MEMORY, "acme", SUBJECT, "", id);
  }

  private static String subjectOfPartition() {
    return IntStream.range(0, 1_000)
        .mapToObj(i -> "ann" + i)
        .filter(
            s -> SubjectKey.partition(new SubjectKey("acme", s).bytes(), PARTITIONS) == PARTITION)
        .findFirst()
        .orElseThrow();
  }
}
