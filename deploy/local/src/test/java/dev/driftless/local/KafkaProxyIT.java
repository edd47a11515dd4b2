package dev.driftless.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;

final class KafkaProxyIT {

  private static final String TOPIC = "behind-the-proxy";

  @Test
  void clients_that_begin_at_the_proxy_send_everything_through_it() throws Exception {
    try (TestStack stack = TestStack.fresh(ServerKind.KAFKA)) {
      try (Admin admin =
          Admin.create(settings(stack.stack().addresses().kafkaBootstrapServers()))) {
        admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
      }
      try (FaultyProxy proxy = stack.kafkaProxy();
          KafkaProducer<String, String> around =
              producer(stack.stack().addresses().kafkaBootstrapServers());
          KafkaProducer<String, String> through = producer("127.0.0.1:" + proxy.port())) {
        for (int i = 0; i < 20; i++) {
          send(through);
        }
        assertThat(proxy.calls()).isGreaterThanOrEqualTo(20);

        proxy.pass(FaultyProxy.Passage.CUT);
        send(around);
        assertThatThrownBy(() -> send(through)).isInstanceOf(ExecutionException.class);

        proxy.pass(FaultyProxy.Passage.OPEN);
        send(through);
      }
    }
  }

  private static void send(KafkaProducer<String, String> producer) throws Exception {
    assertThat(producer.send(new ProducerRecord<>(TOPIC, "one")).get(30, TimeUnit.SECONDS))
        .isNotNull();
  }

  private static KafkaProducer<String, String> producer(String bootstrap) {
    return new KafkaProducer<>(settings(bootstrap), new StringSerializer(), new StringSerializer());
  }

  private static Map<String, Object> settings(String bootstrap) {
    return Map.of(
        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap,
        ProducerConfig.RETRIES_CONFIG, 0,
        ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false,
        ProducerConfig.MAX_BLOCK_MS_CONFIG,
            10_000, // it forgets where the topic is when nobody answers
        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 3_000,
        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 2_000);
  }
}
