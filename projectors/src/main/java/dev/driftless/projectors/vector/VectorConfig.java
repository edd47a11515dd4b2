package dev.driftless.projectors.vector;

import dev.driftless.schemas.EmbeddingModels;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How to reach Qdrant, and what the embedding may use.
 *
 * @param address host:port of the gRPC interface, which is another port than HTTP's; usually 6334
 * @param apiKey null or blank if the server asks for none
 * @param tls whether the connection is encrypted
 * @param rootCertificates PEM file of whom to trust with tls; null for whom the JVM trusts. Looked
 *     at when the connection is made
 * @param requestTimeout of each request, above 0; embedding a text is not a request
 * @param model the embedding model of a generation that is made from now on; each has vectors of
 *     one model, and is kept with it
 * @param embeddingParallelism texts embedded at the same time, each on one core; 1 to 256
 */
public record VectorConfig(
    String address,
    @Nullable String apiKey,
    boolean tls,
    @Nullable Path rootCertificates,
    Duration requestTimeout,
    String model,
    int embeddingParallelism) {

  private static final Pattern ADDRESS = Pattern.compile("(\\S+):(\\d{1,5})");

  public VectorConfig {
    if (!ADDRESS.matcher(address).matches()) {
      throw new IllegalArgumentException(
          "vector address: use host:port of Qdrant's gRPC interface");
    }
    if (apiKey != null && apiKey.isBlank()) {
      apiKey = null;
    }
    if (requestTimeout.isNegative() || requestTimeout.isZero()) {
      throw new IllegalArgumentException(
          "vector requestTimeout %s: must be above 0".formatted(requestTimeout));
    }
    var unused = EmbeddingModel.of(model);
    if (embeddingParallelism < 1 || embeddingParallelism > 256) {
      throw new IllegalArgumentException(
          "vector embeddingParallelism %d: must be 1 to 256".formatted(embeddingParallelism));
    }
  }

  /** A server at this address, without key and encryption. */
  public static VectorConfig of(String address) {
    return new VectorConfig(
        address, null, false, null, Duration.ofSeconds(10), EmbeddingModels.MINILM, 2);
  }

  String host() {
    return part(1);
  }

  int port() {
    return Integer.parseInt(part(2));
  }

  private String part(int group) {
    Matcher parts = ADDRESS.matcher(address);
    if (!parts.matches()) {
      throw new IllegalStateException(address);
    }
    return parts.group(group);
  }

  /** Without the key. */
  @Override
  public String toString() {
    return "VectorConfig[address=%s, tls=%s, requestTimeout=%s, model=%s, embeddingParallelism=%d]"
        .formatted(address, tls, requestTimeout, model, embeddingParallelism);
  }
}
