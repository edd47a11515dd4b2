package dev.driftless.projectors.vector;

import static dev.driftless.projectors.vector.EmbeddingModel.MINILM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

final class VectorProjectorTest {

  private static final UUID DNS = UUID.fromString("6ba7b810-9dad-11d1-80b4-00c04fd430c8");

  /** The example of RFC 9562, A.4. */
  @Test
  void a_uuid_5_is_as_the_rfc_says() {
    assertThat(VectorProjector.uuid5(DNS, "www.example.com"))
        .isEqualTo(UUID.fromString("2ed6657d-e927-568b-95e1-2665a8aea6a2"));
  }

  /** Made with Python's uuid module; other clients compute the same. */
  @Test
  void a_point_id_is_pinned() {
    UUID namespace = VectorProjector.uuid5(DNS, "driftless.dev");
    assertThat(VectorProjector.pointId("acme", "ann", "m1"))
        .isEqualTo(VectorProjector.uuid5(namespace, "acme\0ann\0m1"))
        .isEqualTo(UUID.fromString("c122b1b3-0102-5aba-9285-6ec6b7c1bdc9"));
  }

  @Test
  void no_two_memories_share_a_point() {
    assertThat(VectorProjector.pointId("a", "b", "c\0d"))
        .isNotEqualTo(VectorProjector.pointId("a", "bc", "\0d"));
    assertThatThrownBy(() -> VectorProjector.pointId("a", "b\0c", "d"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void a_model_that_cannot_be_loaded_is_no_events_fault() {
    Exception ending = new CompletionException(new ExceptionInInitializerError("ending"));

    assertThat(VectorProjector.maySucceedLater(ending)).isTrue();
    assertThat(VectorProjector.maySucceedLater(new IllegalArgumentException("no vector")))
        .isFalse();
  }

  @Test
  void a_configuration_checks_itself_and_hides_its_key() {
    assertThatThrownBy(() -> VectorConfig.of("localhost"))
        .hasMessage("vector address: use host:port of Qdrant's gRPC interface");
    assertThatThrownBy(
            () ->
                new VectorConfig(
                    "localhost:6334", null, false, null, Duration.ZERO, MINILM.id(), 1))
        .hasMessageContaining("requestTimeout");
    assertThatThrownBy(
            () ->
                new VectorConfig(
                    "localhost:6334", null, false, null, Duration.ofSeconds(1), MINILM.id(), 0))
        .hasMessageContaining("embeddingParallelism");
    assertThat(
            new VectorConfig("h:1", "secret", true, null, Duration.ofSeconds(1), MINILM.id(), 1)
                .toString())
        .doesNotContain("secret");
    assertThat(
            new VectorConfig("h:1", " ", true, null, Duration.ofSeconds(1), MINILM.id(), 1)
                .apiKey())
        .isNull();
  }
}
