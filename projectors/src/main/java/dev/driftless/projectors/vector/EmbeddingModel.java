package dev.driftless.projectors.vector;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.driftless.events.Embedding;
import dev.driftless.projectors.ContentHash;
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
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Texts to vectors of length 1, in process: MiniLM, quantized, with weights that are part of the
 * build. The same text gives the same vector, bit by bit, on the same kind of machine.
 *
 * <p>Each inference has one text, because a quantized model's result depends on the other texts of
 * its batch, and one thread, because two inferences side by side (870 texts/s on two cores) beat
 * two threads in one (330 to 530). The weights are loaded with the first text, once per process.
 *
 * <p>Safe to share between threads.
 */
final class EmbeddingModel implements AutoCloseable {

  /** The name, and the first 8 hex digits of the SHA-256 of the weights. */
  static final String ID = EmbeddingModels.PINNED;

  static final int DIMENSIONS = EmbeddingModels.PINNED_DIMENSIONS;

  /** Some 30 MB. */
  private static final int REMEMBERED_TEXTS = 20_000;

  private final ExecutorService workers;
  private final Map<ByteBuffer, Optional<float[]>> remembered =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, Optional<float[]>> eldest) {
          return size() > REMEMBERED_TEXTS;
        }
      };

  EmbeddingModel(int parallelism) {
    workers =
        Executors.newFixedThreadPool(
            parallelism,
            work -> {
              Thread thread = new Thread(work, "embedding");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** The vectors of these texts. A text without a single word, as the model sees it, has none. */
  Map<String, float[]> embed(Set<String> texts) {
    Map<String, CompletableFuture<Optional<float[]>>> pending = new LinkedHashMap<>();
    for (String text : texts) {
      pending.put(text, CompletableFuture.supplyAsync(() -> embedOnce(text), workers));
    }
    Map<String, float[]> vectors = new HashMap<>();
    pending.forEach((text, vector) -> result(vector).ifPresent(v -> vectors.put(text, v)));
    return vectors;
  }

  /**
   * The vector that an agent made with this very model, at length 1; nothing if another model made
   * it.
   *
   * @throws IllegalArgumentException if it cannot be a vector of this model
   */
  static Optional<float[]> carried(Embedding embedding) {
    if (!embedding.getModel().equals(ID)) {
      return Optional.empty();
    }
    ByteBuffer bytes = embedding.getVector().duplicate().order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.remaining() != Float.BYTES * DIMENSIONS) {
      throw new IllegalArgumentException(
          "embedding of %s has %d bytes instead of %d"
              .formatted(ID, bytes.remaining(), Float.BYTES * DIMENSIONS));
    }
    float[] vector = new float[DIMENSIONS];
    bytes.asFloatBuffer().get(vector);
    return Optional.of(normalized(vector));
  }

  @Override
  public void close() {
    workers.shutdown(); // what is queued is still embedded, so that nobody waits for ever
  }

  private Optional<float[]> embedOnce(String text) {
    ByteBuffer key = ByteBuffer.wrap(new ContentHash().add(text).digest());
    synchronized (remembered) {
      Optional<float[]> known = remembered.get(key);
      if (known != null) {
        return known;
      }
    }
    Optional<float[]> vector = infer(text);
    synchronized (remembered) {
      remembered.put(key, vector);
    }
    return vector;
  }

  private static Optional<float[]> infer(String text) {
    if (text.isBlank()) {
      return Optional.empty();
    }
    try {
      return Optional.of(normalized(Loaded.MODEL.embed(text).content().vector()));
    } catch (IllegalArgumentException e) { // the tokenizer left nothing of it
      return Optional.empty();
    }
  }

  private static Optional<float[]> result(CompletableFuture<Optional<float[]>> vector) {
    try {
      return vector.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private static float[] normalized(float[] vector) {
    double squares = 0;
    for (float value : vector) {
      squares += (double) value * value;
    }
    double length = Math.sqrt(squares);
    if (!(length > 0 && Double.isFinite(length))) {
      throw new IllegalArgumentException(
          "embedding of %s has length %s instead of a finite one above 0".formatted(ID, length));
    }
    float[] unit = new float[vector.length];
    for (int i = 0; i < unit.length; i++) {
      unit[i] = (float) (vector[i] / length);
    }
    return unit;
  }

  /** The weights, once per process and not before they are needed. */
  private static final class Loaded extends AbstractInProcessEmbeddingModel {

    static final Loaded MODEL = new Loaded();

    private final OnnxBertBiEncoder encoder;

    private Loaded() {
      super(Runnable::run);
      // Else the tokenizer's library asks the cloud for its machine's name and reports it home.
      System.setProperty("ai.djl.offline", "true");
      try (InputStream tokenizer = resource("/all-minilm-l6-v2-q-tokenizer.json");
          OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
        options.setIntraOpNumThreads(1);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession session = environment.createSession(pinnedWeights(), options);
        encoder = new OnnxBertBiEncoder(environment, session, tokenizer, PoolingMode.MEAN);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (OrtException e) {
        throw new IllegalStateException("cannot load " + ID, e);
      }
    }

    @Override
    protected OnnxBertBiEncoder model() {
      return encoder;
    }

    @Override
    protected Integer knownDimension() {
      return DIMENSIONS;
    }
  }

  private static byte[] pinnedWeights() throws IOException {
    try (InputStream in = resource("/all-minilm-l6-v2-q.onnx")) {
      byte[] weights = in.readAllBytes();
      byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(weights);
      String found = HexFormat.of().formatHex(sha256, 0, 4);
      if (!ID.endsWith("-" + found)) {
        throw new IllegalStateException(
            "the weights on the class path are %s, not %s: other weights need a new collection"
                .formatted(found, ID));
      }
      return weights;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static InputStream resource(String name) {
    return Objects.requireNonNull(EmbeddingModel.class.getResourceAsStream(name), name);
  }
}
