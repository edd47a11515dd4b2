package dev.driftless.schemas;

import java.util.Map;

/**
 * The embedding models that are known by name, and the dimensions of their vectors. A name ends
 * with the first eight hex digits of the SHA-256 of the model's weights.
 */
public final class EmbeddingModels {

  /** MiniLM, quantized: what the vector view computes with unless it is told otherwise. */
  public static final String MINILM = "all-minilm-l6-v2-q-afdb6f1a";

  /** BGE small, quantized. */
  public static final String BGE_SMALL = "bge-small-en-v1.5-q-6c9c6101";

  /** Model name to dimensions. */
  public static final Map<String, Integer> KNOWN = Map.of(MINILM, 384, BGE_SMALL, 384);

  private EmbeddingModels() {}
}
