package dev.driftless.containers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ImagesTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "KAFKA_IMAGE",
        "REGISTRY_IMAGE",
        "POSTGRES_IMAGE",
        "REDIS_IMAGE",
        "VALKEY_IMAGE",
        "QDRANT_IMAGE"
      })
  void every_server_has_an_image_with_a_version(String variable) {
    assertThat(Images.named(variable).getVersionPart()).matches("v?\\d.*");
  }

  @Test
  void an_image_that_nobody_named_is_refused_with_those_that_are() {
    assertThatThrownBy(() -> Images.named("KEYDB_IMAGE"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("KEYDB_IMAGE")
        .hasMessageContaining("VALKEY_IMAGE");
  }
}
