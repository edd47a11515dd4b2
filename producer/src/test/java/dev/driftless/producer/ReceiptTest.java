package dev.driftless.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReceiptTest {

  @Test
  void a_token_is_read_back_equal() {
    for (int i = 0; i < 1_000; i++) {
      Receipt receipt = new Receipt(Uuid.randomUuid().toString(), i % 24, 1L << (i % 59));
      assertThat(Receipt.parse(receipt.token())).isEqualTo(receipt);
    }
  }

  @Test
  void a_token_needs_no_escaping_in_json_urls_and_headers() {
    Receipt receipt = new Receipt(Uuid.randomUuid().toString(), 23, 999_999_999_999_999_999L);

    assertThat(receipt.token()).matches("[A-Za-z0-9._-]+").hasSizeLessThan(50);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "abc",
        "AAAAAAAAAAAAAAAAAAAAAA.1",
        "AAAAAAAAAAAAAAAAAAAAAA.1.-2",
        "AAAAAAAAAAAAAAAAAAAAAA.1.2 ",
        "AAAAAAAAAAAAAAAAAAAAAA.1.99999999999999999999",
        "AAAAAAAAAAAAAAAAAAAAA.1.2",
        "AAAAAAAAAAAAAAAAAAAAAA.99999999999.2"
      })
  void what_is_no_token_is_refused(String token) {
    assertThatThrownBy(() -> Receipt.parse(token))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + token + "' is not a receipt");
  }
}
