package dev.driftless.projectors.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.schemas.EmbeddingModels;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class EmbedderTest {

  private static final EmbeddingModel MODEL = EmbeddingModel.of(EmbeddingModels.MINILM);

  @Test
  void once_it_is_closed_nothing_is_embedded_any_more() {
    Embedder embedder = new Embedder(2);
    assertThat(embedder.embed(MODEL, Set.of("a door"))).hasSize(1);
    Set<String> texts =
        IntStream.range(0, 100_000).mapToObj(i -> "door " + i).collect(Collectors.toSet());
    CompletableFuture<?> embedding =
        CompletableFuture.runAsync(
            () -> {
              var unused = embedder.embed(MODEL, texts);
            });
    embedder.close();
    assertThatThrownBy(embedding::join).hasCauseInstanceOf(ModelAwayException.class);
    assertThatThrownBy(() -> embedder.embed(MODEL, Set.of("a door")))
        .isInstanceOf(ModelAwayException.class);
  }
}
