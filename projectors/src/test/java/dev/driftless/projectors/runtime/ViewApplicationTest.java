package dev.driftless.projectors.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.schemas.Names;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.streams.StreamsConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ViewApplicationTest {

  @Test
  void a_fetch_holds_two_megabytes_of_a_partition() {
    assertThat(mainConsumer(Map.of())).containsEntry("max.partition.fetch.bytes", 2 << 20);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "consumer.", "main.consumer."})
  void what_a_user_says_of_fetches_wins_however_it_is_prefixed(String prefix) {
    assertThat(mainConsumer(Map.of(prefix + "max.partition.fetch.bytes", "4096")))
        .containsEntry("max.partition.fetch.bytes", "4096");
  }

  private static Map<String, Object> mainConsumer(Map<String, String> users) {
    Map<String, String> kafka = new HashMap<>(users);
    kafka.put("bootstrap.servers", "localhost:9092");
    Duration second = Duration.ofSeconds(1);
    RuntimeConfig config =
        new RuntimeConfig(
            Names.DEFAULT, kafka, Path.of("unused"), null, 1, 100, second, second, second);
    return new StreamsConfig(ViewApplication.settings(config, "vector"))
        .getMainConsumerConfigs("group", "client", 0);
  }
}
