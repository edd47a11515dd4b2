package dev.driftless.schemas;

import java.util.Map;

/** The embedding models that are known by name, and the dimensions of their vectors. */
public final class EmbeddingModels {

  /**
   * The model that the vector view computes with: MiniLM, quantized, and the first eight hex digits
   * of its weights' SHA-256.
   */
  public static final String PINNED = "all-minilm-l6-v2-q-afdb6f1a";

  /** The length of a vector of {@link #PINNED}. */
  public static final int PINNED_DIMENSIONS = 384;

  /** Model name to dimensions. */
  public static final Map<String, Integer> KNOWN = Map.of(PINNED, PINNED_DIMENSIONS);

  private EmbeddingModels() {}
}
