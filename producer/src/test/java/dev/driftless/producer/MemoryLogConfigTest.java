package dev.driftless.producer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.schemas.Names;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryLogConfigTest {

  private static final MemoryLogConfig CONFIG =
      MemoryLogConfig.of("broker:9092", "http://registry");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          acks                  | 1                  | kafka setting acks=1: expected all, since what is acknowledged is durable
          acks                  | 0                  | kafka setting acks=0: expected all, since what is acknowledged is durable
          enable.idempotence    | false              | kafka setting enable.idempotence=false: expected true, since an event is written once
          key.serializer        | x.Serializer       | kafka setting key.serializer: the wire contract fixes it, leave it out
          value.serializer      | x.Serializer       | kafka setting value.serializer: the wire contract fixes it, leave it out
          partitioner.class     | x.Partitioner      | kafka setting partitioner.class: the wire contract fixes it, leave it out
          partitioner.ignore.keys | true             | kafka setting partitioner.ignore.keys: the wire contract fixes it, leave it out
          transactional.id      | t                  | kafka setting transactional.id: the wire contract fixes it, leave it out
          interceptor.classes   | x.Interceptor      | kafka setting interceptor.classes: the wire contract fixes it, leave it out
          buffer.memory         | 1                  | kafka setting buffer.memory: use bufferBytes instead
          max.block.ms          | 1                  | kafka setting max.block.ms: use timeout instead
          delivery.timeout.ms   | 1                  | kafka setting delivery.timeout.ms: use timeout instead
          """)
  void a_setting_that_breaks_the_promise_is_refused(String key, String value, String message) {
    assertThatThrownBy(() -> CONFIG.withKafka(Map.of(key, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void what_says_the_same_as_we_do_is_taken() {
    assertThat(CONFIG.withKafka(Map.of("acks", "-1", "enable.idempotence", "true")).kafka())
        .hasSize(3);
  }

  @Test
  void addresses_timeout_and_buffer_are_checked() {
    assertThatThrownBy(() -> MemoryLogConfig.of(" ", "http://registry"))
        .hasMessage("kafka setting bootstrap.servers: missing, expected host:port");
    assertThatThrownBy(() -> CONFIG.withTimeout(Duration.ofMillis(999)))
        .hasMessage("timeout PT0.999S: expected at least 1 s");
    assertThatThrownBy(
            () ->
                new MemoryLogConfig(
                    CONFIG.kafka(),
                    "http://registry",
                    Map.of(),
                    Names.DEFAULT,
                    Map.of("m", 0),
                    Duration.ofSeconds(1),
                    1 << 20))
        .hasMessage("embedding model 'm' with 0 dimensions: expected a name and at least 1");
    assertThatThrownBy(
            () ->
                new MemoryLogConfig(
                    CONFIG.kafka(),
                    "http://registry",
                    Map.of(),
                    Names.DEFAULT,
                    Map.of(),
                    Duration.ofSeconds(1),
                    1000))
        .hasMessage("bufferBytes 1000: expected at least 1048576");
  }

  @Test
  void other_settings_reach_the_client_as_they_are() {
    Map<String, Object> settings =
        ClientSettings.producer(
            CONFIG.withKafka(
                Map.of("sasl.jaas.config", "secret", "compression.type", "zstd", "acks", "-1")));

    assertThat(settings)
        .containsEntry("sasl.jaas.config", "secret")
        .containsEntry("compression.type", "zstd")
        .containsEntry("acks", "all");
    assertThat(ClientSettings.admin(CONFIG.withKafka(Map.of("sasl.jaas.config", "secret"))))
        .containsEntry("sasl.jaas.config", "secret");
    assertThat(CONFIG.withKafka(Map.of("sasl.jaas.config", "secret")).toString())
        .doesNotContain("secret");
  }

  @Test
  void the_clients_timeouts_add_up_to_ours() {
    for (long ms : new long[] {1_000, 1_001, 30_000, 600_000}) {
      Map<String, Object> settings =
          ClientSettings.producer(CONFIG.withTimeout(Duration.ofMillis(ms)));
      long block = number(settings, ProducerConfig.MAX_BLOCK_MS_CONFIG);
      long delivery = number(settings, ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG);
      long request = number(settings, ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG);
      long linger = number(settings, ProducerConfig.LINGER_MS_CONFIG);

      assertThat(block + delivery).isBetween(ms - 1, ms);
      assertThat(2 * request + linger).isLessThanOrEqualTo(delivery);
    }
  }

  private static long number(Map<String, Object> settings, String key) {
    return Long.parseLong(String.valueOf(settings.get(key)));
  }
}
