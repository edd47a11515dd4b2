package dev.driftless.bench;

import dev.driftless.events.Embedding;
import dev.driftless.schemas.EmbeddingModels;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;

/** What agents of an experiment say and mean. */
public final class MadeUp {

  /** Of a vector of {@link EmbeddingModels#MINILM}. */
  public static final int DIMENSIONS = 384;

  private static final List<String> WORDS =
      List.of(
          "prefers",
          "window",
          "seat",
          "flies",
          "Friday",
          "vegetarian",
          "hotel",
          "near",
          "station",
          "budget",
          "quiet",
          "room",
          "early",
          "late",
          "train",
          "never",
          "always",
          "invoice");

  private MadeUp() {}

  /** One of some words. */
  public static String word(Random random) {
    return WORDS.get(random.nextInt(WORDS.size()));
  }

  /** Of length 1. */
  public static float[] vector(Random random) {
    float[] vector = new float[DIMENSIONS];
    double squares = 0;
    for (int i = 0; i < DIMENSIONS; i++) {
      vector[i] = (float) random.nextGaussian();
      squares += vector[i] * vector[i];
    }
    float length = (float) Math.sqrt(squares);
    for (int i = 0; i < DIMENSIONS; i++) {
      vector[i] /= length;
    }
    return vector;
  }

  /** The vector as an event brings it. */
  public static Embedding embedding(float[] vector) {
    ByteBuffer bytes =
        ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (float x : vector) {
      bytes.putFloat(x);
    }
    return new Embedding(EmbeddingModels.MINILM, bytes.flip());
  }
}
