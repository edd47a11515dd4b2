package dev.driftless.projectors.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.projectors.vector.ExactSearch.Scored;
import java.util.List;
import java.util.function.Function;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ExactSearchTest {

  private static final List<String> TEXTS =
      List.of("The invoice was paid", "Ann likes a seat at the window", "Ann eats no meat", "  ");

  private final ExactSearch search = new ExactSearch(VectorConfig.of("127.0.0.1:1"));

  @AfterEach
  void close() {
    search.close();
  }

  @Test
  void what_means_the_same_comes_first_and_a_text_without_words_never() {
    List<Scored<String>> found = nearest("Where does she prefer to sit?", 10);
    assertThat(found).hasSize(3).isSortedAccordingTo((a, b) -> Float.compare(b.score(), a.score()));
    assertThat(found.get(0).item()).isEqualTo("Ann likes a seat at the window");
    assertThat(nearest("Ann eats no meat", 1).get(0).score()).isBetween(0.9999f, 1.0001f);
  }

  @Test
  void a_score_is_the_cosine_of_the_models_vectors() {
    float[] a = EmbeddingModel.MINILM.embed("seat").orElseThrow();
    float[] b = EmbeddingModel.MINILM.embed(TEXTS.get(1)).orElseThrow();
    double cosine = 0;
    for (int i = 0; i < a.length; i++) {
      cosine += a[i] * b[i];
    }
    assertThat((double) nearest("seat", 1).get(0).score()).isCloseTo(cosine, Offset.offset(1e-5));
  }

  @Test
  void a_search_without_words_is_refused() {
    assertThatThrownBy(() -> nearest(" ", 1)).hasMessageContaining("a text with words");
  }

  private List<Scored<String>> nearest(String text, int limit) {
    return search.nearest(text, TEXTS, Function.identity(), limit);
  }
}
