package dev.driftless.projectors.vector;

import dev.driftless.projectors.ContentHash;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Texts to vectors, several at once, and each text once. Two inferences side by side (870 texts/s
 * on two cores) beat two threads in one (330 to 530).
 *
 * <p>Safe to share between threads.
 */
final class Embedder implements AutoCloseable {

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

  Embedder(int parallelism) {
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
  Map<String, float[]> embed(EmbeddingModel model, Set<String> texts) {
    Map<String, CompletableFuture<Optional<float[]>>> pending = new LinkedHashMap<>();
    for (String text : texts) {
      pending.put(text, CompletableFuture.supplyAsync(() -> embedOnce(model, text), workers));
    }
    Map<String, float[]> vectors = new HashMap<>();
    pending.forEach((text, vector) -> result(vector).ifPresent(v -> vectors.put(text, v)));
    return vectors;
  }

  @Override
  public void close() {
    workers.shutdown(); // what is queued is still embedded, so that nobody waits for ever
  }

  private Optional<float[]> embedOnce(EmbeddingModel model, String text) {
    ByteBuffer key = ByteBuffer.wrap(new ContentHash().add(model.id()).add(text).digest());
    synchronized (remembered) {
      Optional<float[]> known = remembered.get(key);
      if (known != null) {
        return known;
      }
    }
    Optional<float[]> vector = model.embed(text);
    synchronized (remembered) {
      remembered.put(key, vector);
    }
    return vector;
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
}
