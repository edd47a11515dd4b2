package dev.driftless.projectors.vector;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Finds by meaning among texts that are given, such as those of memories as of some time: scores
 * every one of them, in process, with the embedding model that is configured, and asks no store.
 *
 * <p>Vectors are computed from the texts; what an agent carried in its event is not known here.
 * Safe to share between threads.
 */
public final class ExactSearch implements AutoCloseable {

  private final EmbeddingModel model;
  private final Embedder embedder;

  /** Loads the embedding model with the first search. */
  public ExactSearch(VectorConfig config) {
    model = EmbeddingModel.of(config.model());
    embedder = new Embedder(config.embeddingParallelism());
  }

  /**
   * Something that was found.
   *
   * @param score cosine of the angle between its text and the one searched for, at most 1
   */
  public record Scored<T>(T item, float score) {}

  /**
   * The items whose texts mean most nearly the same, best first; a text without words is never
   * found.
   *
   * @param limit at most so many
   * @throws IllegalArgumentException if the text has no words
   */
  public <T> List<Scored<T>> nearest(
      String text, List<T> items, Function<T, String> textOf, int limit) {
    Set<String> texts = new HashSet<>(items.stream().map(textOf).toList());
    texts.add(text);
    Map<String, float[]> vectors = embedder.embed(model, texts);
    float[] wanted = vectors.get(text);
    if (wanted == null) {
      throw new IllegalArgumentException("a search needs a text with words");
    }
    List<Scored<T>> scored = new ArrayList<>();
    for (T item : items) {
      float[] vector = vectors.get(textOf.apply(item));
      if (vector != null) {
        scored.add(new Scored<>(item, cosine(wanted, vector)));
      }
    }
    scored.sort(Comparator.comparing(Scored<T>::score).reversed());
    return List.copyOf(scored.subList(0, Math.min(limit, scored.size())));
  }

  @Override
  public void close() {
    embedder.close();
  }

  /** Of vectors of length 1. */
  private static float cosine(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return (float) sum;
  }
}
