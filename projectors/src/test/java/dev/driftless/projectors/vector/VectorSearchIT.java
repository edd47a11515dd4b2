package dev.driftless.projectors.vector;

import static dev.driftless.projectors.vector.EmbeddingModel.MINILM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.events.Embedding;
import dev.driftless.events.MemoryKind;
import dev.driftless.projectors.vector.VectorSearch.Hit;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class VectorSearchIT {

  private static final Instant NOW = Instant.parse("2026-06-01T00:00:00Z");

  private final VectorFixture view = new VectorFixture();
  private final VectorProjector projector = view.projector();
  private final VectorSearch search = view.search();

  @BeforeEach
  void write() {
    append(
        0,
        new TestLog("acme", "ann")
            .recorded("seat", "Ann likes a seat at the window of the aircraft")
            .recorded("food", "Ann eats no meat", null, NOW.plusMillis(1))
            .recorded("bill", "The invoice was paid on Monday")
            .recorded("gone", "Ann likes to sit in the front row of the aircraft")
            .forgotten("gone")
            .recorded("old", "Ann wants a window seat on the flight", null, NOW));
    append(1, new TestLog("acme", "bob").recorded("seat", "Bob likes a seat at the aisle"));
    append(2, new TestLog("evil", "ann").recorded("seat", "Ann likes a seat at the window"));
  }

  @AfterEach
  void close() {
    search.close();
    projector.close();
    view.close();
  }

  @Test
  void what_means_the_same_comes_first_and_what_is_forgotten_or_expired_does_not_come() {
    List<Hit> hits = search.search("Where does she prefer to sit?", "acme", "ann", 10, NOW);
    assertThat(hits).extracting(Hit::memoryId).startsWith("seat").hasSize(3);
    assertThat(hits).extracting(Hit::memoryId).contains("food", "bill");
    assertThat(hits.get(0).score()).isBetween(0.3f, 1f).isGreaterThan(hits.get(2).score() + 0.2f);
  }

  @Test
  void a_hit_says_what_is_stored_and_its_text_does_not_get_into_a_log() {
    Hit hit = search.search("Ann eats no meat", "acme", "ann", 1, NOW).get(0);
    assertThat(hit.score()).isGreaterThan(0.999f);
    assertThat(hit)
        .usingRecursiveComparison()
        .ignoringFields("score")
        .isEqualTo(
            new Hit(
                "food", "ann", 0, MemoryKind.SEMANTIC, "Ann eats no meat", 1, NOW.plusMillis(1)));
    assertThat(hit.toString()).doesNotContain("meat");
  }

  @Test
  void a_memory_expires_at_its_moment_and_not_before() {
    assertThat(ids(search.list("acme", "ann", 10, NOW.minusMillis(1)))).contains("old", "food");
    assertThat(ids(search.list("acme", "ann", 10, NOW))).contains("food").doesNotContain("old");
    assertThat(ids(search.list("acme", "ann", 10, NOW.plusMillis(1)))).doesNotContain("food");
    assertThat(search.get("acme", "ann", "old", NOW.minusMillis(1))).isPresent();
    assertThat(search.get("acme", "ann", "old", NOW)).isEmpty();
  }

  @Test
  void nobody_sees_another_tenants_or_subjects_memories() {
    assertThat(search.search("a seat at the window", "evil", null, 10, NOW))
        .singleElement()
        .extracting(Hit::text)
        .isEqualTo("Ann likes a seat at the window");
    assertThat(search.search("a seat at the window", "acme", "bob", 10, NOW))
        .singleElement()
        .extracting(Hit::subject)
        .isEqualTo("bob");
    assertThat(search.search("a seat at the window", "acme", null, 10, NOW)).hasSize(4);
    assertThat(search.search("a seat at the window", "nobody", null, 10, NOW)).isEmpty();
  }

  @Test
  void live_memories_are_counted() {
    assertThat(search.rows(NOW)).isEqualTo(5);
    assertThat(search.rows(NOW.minusMillis(1))).isEqualTo(6);
  }

  @Test
  void a_memory_is_got_by_its_ids_and_a_forgotten_one_is_not() {
    assertThat(search.get("acme", "bob", "seat", NOW)).map(Hit::version).contains(0L);
    assertThat(search.get("acme", "ann", "gone", NOW)).isEmpty();
    assertThat(search.get("acme", "bob", "food", NOW)).isEmpty();
  }

  @Test
  void a_carried_vector_of_this_model_is_used_and_one_of_another_model_is_not() {
    float[] axis = new float[MINILM.dimensions()];
    axis[5] = 2;
    Embedding ours = TestLog.embedding(MINILM.id(), axis);
    Embedding foreign = TestLog.embedding("another", 1, 2, 3);
    append(
        4,
        new TestLog("carried", "ann")
            .recorded("ours", "Ann eats no meat", ours, null)
            .recorded("foreign", "Ann eats no meat", foreign, null));
    List<Hit> hits = search.search("Ann eats no meat", "carried", null, 10, NOW);
    assertThat(ids(hits)).containsExactly("foreign", "ours");
    assertThat(hits.get(0).score()).isGreaterThan(0.999f);
    assertThat(view.points())
        .filteredOn(p -> p.getPayloadMap().containsKey("kind"))
        .filteredOn(p -> p.getPayloadOrThrow("memory_id").getStringValue().equals("ours"))
        .singleElement()
        .satisfies(p -> assertThat(VectorFixture.vector(p).get(5)).isEqualTo(1f));
  }

  @Test
  void a_memory_without_words_is_stored_but_not_found_by_meaning() {
    append(4, new TestLog("silent", "ann").recorded("dots", " "));
    assertThat(search.get("silent", "ann", "dots", NOW)).isPresent();
    assertThat(search.search("anything", "silent", null, 10, NOW)).isEmpty();
    assertThatThrownBy(() -> search.search(" ", "silent", null, 10, NOW))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void the_alias_leads_to_the_collection() {
    String alias = view.collections().alias();
    assertThat(view.link().await(view.link().client().countAsync(alias, null)))
        .isEqualTo(view.points().size());
    assertThat(view.collection().name()).isEqualTo(alias + "-" + MINILM.id());
  }

  private void append(int partition, TestLog log) {
    log.appendTo(projector, partition);
  }

  private static List<String> ids(List<Hit> hits) {
    return hits.stream().map(Hit::memoryId).toList();
  }
}
