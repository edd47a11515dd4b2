package dev.driftless.projectors.vector;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.driftless.events.Embedding;
import dev.driftless.schemas.EmbeddingModels;
import dev.langchain4j.model.embedding.onnx.AbstractInProcessEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.OnnxBertBiEncoder;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Makes a text a vector of length 1, in process, with weights that are part of the build and of
 * which the model is named. The same text gives the same vector, bit by bit, on the same kind of
 * machine.
 *
 * <p>Each inference has one text, because a quantized model's result depends on the other texts of
 * its batch, and one thread. The weights are loaded with the first text, once per process.
 *
 * <p>Safe to share between threads.
 */
public final class EmbeddingModel {

  /** MiniLM, quantized. */
  public static final EmbeddingModel MINILM =
      new EmbeddingModel(EmbeddingModels.MINILM, "all-minilm-l6-v2-q", PoolingMode.MEAN);

  /** BGE small, quantized. */
  static final EmbeddingModel BGE_SMALL =
      new EmbeddingModel(EmbeddingModels.BGE_SMALL, "bge-small-en-v1.5-q", PoolingMode.CLS);

  /** Those that this program has. */
  static final List<EmbeddingModel> ALL = List.of(MINILM, BGE_SMALL);

  private final String id;
  private final String resource;
  private final PoolingMode pooling;
  private @Nullable Loaded loaded;

  /**
   * @param id its name, and the first 8 hex digits of the SHA-256 of the weights
   * @param resource the weights' file, without its suffix
   */
  EmbeddingModel(String id, String resource, PoolingMode pooling) {
    this.id = id;
    this.resource = resource;
    this.pooling = pooling;
  }

  /**
   * The model of this id.
   *
   * @throws IllegalArgumentException if this program has none
   */
  static EmbeddingModel of(String id) {
    return ALL.stream()
        .filter(model -> model.id.equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no embedding model '%s': use one of %s".formatted(id, ids())));
  }

  private static String ids() {
    return ALL.stream().map(EmbeddingModel::id).collect(Collectors.joining(", "));
  }

  String id() {
    return id;
  }

  /** The length of its vectors. */
  int dimensions() {
    return Objects.requireNonNull(EmbeddingModels.KNOWN.get(id));
  }

  /**
   * The vector that an agent made with this very model, at length 1; nothing if another model made
   * it.
   *
   * @throws IllegalArgumentException if it cannot be a vector of this model
   */
  Optional<float[]> carried(Embedding embedding) {
    if (!embedding.getModel().equals(id)) {
      return Optional.empty();
    }
    ByteBuffer bytes = embedding.getVector().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.remaining() != Float.BYTES * dimensions()) {
      throw new IllegalArgumentException(
          "embedding of %s has %d bytes instead of %d"
              .formatted(id, bytes.remaining(), Float.BYTES * dimensions()));
    }
    float[] vector = new float[dimensions()];
    bytes.asFloatBuffer().get(vector);
    return Optional.of(normalized(vector));
  }

  /**
   * Nothing of a text without a single word, as the model sees it.
   *
   * @throws ModelAwayException if it is not the text's fault that there is no vector
   */
  public Optional<float[]> embed(String text) {
    if (text.isBlank()) {
      return Optional.empty();
    }
    try {
      return Optional.of(vector(text));
    } catch (IllegalArgumentException e) { // the tokenizer left nothing of it
      return Optional.empty();
    } catch (RuntimeException e) {
      checkWorks();
      throw e;
    }
  }

  /** A process that ends takes the model away from threads that still run. */
  private void checkWorks() {
    try {
      var unused = vector("any other text");
    } catch (RuntimeException e) {
      throw new ModelAwayException(id, e);
    }
  }

  private float[] vector(String text) {
    return normalized(loaded().embed(text).content().vector());
  }

  private float[] normalized(float[] vector) {
    double squares = 0;
    for (float value : vector) {
      squares += (double) value * value;
    }
    double length = Math.sqrt(squares);
    if (!(length > 0 && Double.isFinite(length))) {
      throw new IllegalArgumentException(
          "embedding of %s has length %s instead of a finite one above 0".formatted(id, length));
    }
    float[] unit = new float[vector.length];
    for (int i = 0; i < unit.length; i++) {
      unit[i] = (float) (vector[i] / length);
    }
    return unit;
  }

  private synchronized Loaded loaded() {
    Loaded model = loaded;
    if (model == null) {
      model = new Loaded();
      loaded = model;
    }
    return model;
  }

  private final class Loaded extends AbstractInProcessEmbeddingModel {

    private final OnnxBertBiEncoder encoder;

    private Loaded() {
      super(Runnable::run);
      // Else the tokenizer's library asks the cloud for its machine's name and reports it home.
      System.setProperty("ai.djl.offline", "true");
      try (InputStream tokenizer = resource("-tokenizer.json");
          OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
        options.setIntraOpNumThreads(1);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession session = environment.createSession(weights(), options);
        encoder = new OnnxBertBiEncoder(environment, session, tokenizer, pooling);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (OrtException e) {
        throw new IllegalStateException("cannot load " + id, e);
      }
    }

    @Override
    protected OnnxBertBiEncoder model() {
      return encoder;
    }

    @Override
    protected Integer knownDimension() {
      return dimensions();
    }
  }

  private byte[] weights() throws IOException {
    try (InputStream in = resource(".onnx")) {
      byte[] weights = in.readAllBytes();
      byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(weights);
      String found = HexFormat.of().formatHex(sha256, 0, 4);
      if (!id.endsWith("-" + found)) {
        throw new IllegalStateException(
            "the weights on the class path are %s, not %s: other weights need a new collection"
                .formatted(found, id));
      }
      return weights;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private InputStream resource(String suffix) {
    String name = "/" + resource + suffix;
    return Objects.requireNonNull(EmbeddingModel.class.getResourceAsStream(name), name);
  }
}
