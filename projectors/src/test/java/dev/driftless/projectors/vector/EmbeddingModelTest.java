package dev.driftless.projectors.vector;

import static dev.driftless.projectors.vector.EmbeddingModel.MINILM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.onnxruntime.OrtSession;
import dev.driftless.schemas.EmbeddingModels;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import java.io.InputStream;
import java.lang.reflect.Field;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class EmbeddingModelTest {

  private static final String TEXT = "Ann likes a seat at the window";

  @Test
  void the_weights_on_the_class_path_name_the_model() throws Exception {
    try (InputStream in = getClass().getResourceAsStream("/all-minilm-l6-v2-q.onnx")) {
      byte[] weights = Objects.requireNonNull(in).readAllBytes();
      byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(weights);
      assertThat(MINILM.id())
          .isEqualTo("all-minilm-l6-v2-q-" + HexFormat.of().formatHex(sha256).substring(0, 8));
    }
  }

  @Test
  void a_vector_has_length_1_and_does_not_depend_on_what_is_embedded_beside_it() {
    Set<String> many =
        IntStream.range(0, 40)
            .mapToObj(i -> "Another text of another length " + "and more ".repeat(i))
            .collect(Collectors.toCollection(LinkedHashSet::new));
    many.add(TEXT);
    float[] alone = embed(Set.of(TEXT)).get(TEXT);
    assertThat(alone).hasSize(MINILM.dimensions()).isEqualTo(embed(many).get(TEXT));
    assertThat(dot(alone, alone)).isCloseTo(1, within(1e-6));
  }

  @Test
  void what_means_the_same_is_nearer_than_what_does_not() {
    String same = "She prefers window seats";
    String other = "The invoice was paid on Monday";
    Map<String, float[]> vectors = embed(Set.of(TEXT, same, other));
    float[] text = Objects.requireNonNull(vectors.get(TEXT));
    assertThat(dot(text, Objects.requireNonNull(vectors.get(same))))
        .isGreaterThan(dot(text, Objects.requireNonNull(vectors.get(other))) + 0.3);
  }

  @Test
  void a_text_is_not_at_fault_where_the_model_embeds_nothing_any_more() throws Exception {
    EmbeddingModel model =
        new EmbeddingModel(EmbeddingModels.MINILM, "all-minilm-l6-v2-q", PoolingMode.MEAN);
    assertThat(model.embed(TEXT)).isPresent();
    // as the end of the process does, while threads still run
    ((OrtSession) field(field(model, "loaded"), "encoder", "session")).close();
    assertThatThrownBy(() -> model.embed(TEXT))
        .isInstanceOf(ModelAwayException.class)
        .satisfies(e -> assertThat(VectorProjector.maySucceedLater((RuntimeException) e)).isTrue());
  }

  private static Object field(Object of, String... names) throws Exception {
    Object value = of;
    for (String name : names) {
      Field field = value.getClass().getDeclaredField(name);
      field.setAccessible(true);
      value = Objects.requireNonNull(field.get(value));
    }
    return value;
  }

  @Test
  void a_text_without_words_has_no_vector() {
    assertThat(embed(Set.of("", " \n", "\u200b", "\u0000", TEXT))).containsOnlyKeys(TEXT);
  }

  @Test
  void a_text_is_embedded_once() {
    try (Embedder embedder = new Embedder(1)) {
      float[] first = embedder.embed(MINILM, Set.of(TEXT)).get(TEXT);
      assertThat(embedder.embed(MINILM, Set.of(TEXT)).get(TEXT)).isSameAs(first);
    }
  }

  @Test
  void a_carried_vector_of_this_model_is_brought_to_length_1() {
    float[] values = new float[MINILM.dimensions()];
    values[1] = 3;
    values[2] = -4;
    assertThat(MINILM.carried(TestLog.embedding(MINILM.id(), values)))
        .hasValueSatisfying(vector -> assertThat(vector).startsWith(0, 0.6f, -0.8f, 0));
    assertThat(MINILM.carried(TestLog.embedding("another", 1, 2))).isEmpty();
  }

  @Test
  void what_cannot_be_a_vector_of_this_model_is_refused() {
    float[] zero = new float[MINILM.dimensions()];
    float[] notANumber = zero.clone();
    notANumber[7] = Float.NaN;
    float[] infinite = zero.clone();
    infinite[7] = Float.NEGATIVE_INFINITY;
    for (float[] values : new float[][] {zero, notANumber, infinite, {1, 2, 3}, {}}) {
      assertThatThrownBy(() -> MINILM.carried(TestLog.embedding(MINILM.id(), values)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(MINILM.id());
    }
  }

  private static Map<String, float[]> embed(Set<String> texts) {
    try (Embedder embedder = new Embedder(2)) {
      return embedder.embed(MINILM, texts);
    }
  }

  private static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
