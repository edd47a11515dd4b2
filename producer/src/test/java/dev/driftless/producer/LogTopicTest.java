package dev.driftless.producer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.schemas.Names;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.NewTopic;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class LogTopicTest {

  @ParameterizedTest
  @CsvSource({"1,", "2,", "3, 2", "5, 2"})
  void from_three_replicas_on_two_have_to_acknowledge_a_write(
      int replicas, @Nullable String inSync) {
    Names names = new Names("");
    List<NewTopic> topics =
        Stream.concat(
                Stream.of(LogTopic.log(names, 24, replicas)),
                LogTopic.beside(names, 24, replicas, 1 << 20, List.of("relational")).stream())
            .toList();
    assertThat(topics)
        .hasSize(5)
        .allSatisfy(
            topic -> {
              assertThat(topic.replicationFactor()).isEqualTo((short) replicas);
              assertThat(topic.configs().get("min.insync.replicas")).isEqualTo(inSync);
            });
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, one replica: it is lost with its broker",
    "2, 1, min.insync.replicas=1: what was acknowledged may be on one broker alone",
    "3, 1, min.insync.replicas=1: what was acknowledged may be on one broker alone",
    "3, 3, min.insync.replicas=3 of 3 replicas: it takes no record while a broker is away",
    "3, 2,",
  })
  void what_the_loss_of_one_broker_would_do_is_said(
      int replicas, int inSync, @Nullable String risk) {
    assertThat(LogTopics.risk(replicas, inSync)).isEqualTo(risk);
  }
}
