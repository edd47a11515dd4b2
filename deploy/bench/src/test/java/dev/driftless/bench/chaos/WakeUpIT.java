package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.local.Addresses;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import dev.driftless.producer.LogTopic;
import dev.driftless.producer.MemoryLog;
import dev.driftless.producer.MemoryLogConfig;
import dev.driftless.producer.Receipt;
import dev.driftless.producer.View;
import dev.driftless.schemas.EventRegistry;
import dev.driftless.schemas.Names;
import dev.driftless.schemas.ViewPosition;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From when a position is published until whoever waits for it goes on, beside a bare hop from a
 * producer to a consumer, taken in turns. A measurement: in the profile alone.
 */
@EnabledIfSystemProperty(named = "driftless.hops", matches = "\\d+")
final class WakeUpIT {

  private static final Logger LOG = LoggerFactory.getLogger(WakeUpIT.class);
  private static final int HOPS = Integer.getInteger("driftless.hops", 0);
  private static final Names NAMES = new Names("wake_up");
  private static final TopicPartition BARE = new TopicPartition("bare", 0);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @Test
  void the_99th_percentile_of_wake_ups_is_at_most_three_times_that_of_bare_hops() throws Exception {
    Addresses servers = TestStack.shared().with(ServerKind.KAFKA, ServerKind.REGISTRY);
    Map<String, Object> kafka = Map.of("bootstrap.servers", servers.kafkaBootstrapServers());
    create(kafka, servers.schemaRegistryUrl());
    ExecutorService waiting = Executors.newSingleThreadExecutor();
    try (MemoryLog log =
            MemoryLog.open(
                MemoryLogConfig.of(servers.kafkaBootstrapServers(), servers.schemaRegistryUrl())
                    .withNames(NAMES));
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(kafka, new ByteArraySerializer(), new ByteArraySerializer());
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(kafka, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(BARE));
      consumer.seekToBeginning(List.of(BARE));
      double[] bare = new double[HOPS];
      double[] wakeUps = new double[HOPS];
      for (int warmUp = HOPS / 5, i = -warmUp; i < HOPS; i++) {
        long offset = i + warmUp;
        double hop =
            millis(
                waiting,
                () -> next(consumer),
                producer,
                new ProducerRecord<>(BARE.topic(), 0, null, new byte[150]));
        ViewPosition position =
            new ViewPosition("vector", 0, log.topic().topicId(), "", 1, offset + 1, 0, null);
        double wakeUp =
            millis(
                waiting,
                () ->
                    log.awaitVisible(
                        new Receipt(log.topic().topicId(), 0, offset), View.VECTOR, PATIENCE),
                producer,
                new ProducerRecord<>(NAMES.positions(), 0, position.key(), position.value()));
        if (i >= 0) {
          bare[i] = hop;
          wakeUps[i] = wakeUp;
        }
      }
      Arrays.sort(bare);
      Arrays.sort(wakeUps);
      double ratio = at(wakeUps, 99) / at(bare, 99);
      LOG.info(
          "{} each; bare hop p50 {} ms, p99 {} ms; wake-up p50 {} ms, p99 {} ms; ratio of p99 {}",
          HOPS,
          at(bare, 50),
          at(bare, 99),
          at(wakeUps, 50),
          at(wakeUps, 99),
          ratio);
      assertThat(ratio).isLessThanOrEqualTo(3);
    } finally {
      waiting.shutdownNow();
    }
  }

  private static void create(Map<String, Object> kafka, String registryUrl) throws Exception {
    try (Admin admin = Admin.create(kafka);
        EventRegistry registry = new EventRegistry(registryUrl, NAMES, Map.of())) {
      registry.register();
      LogTopic.create(admin, NAMES, 1, 1, List.of("vector"));
      admin.createTopics(List.of(new NewTopic(BARE.topic(), 1, (short) 1))).all().get();
    }
  }

  /** From the record's way out until whoever waits, and did so before, goes on. */
  private static double millis(
      ExecutorService waiting,
      Runnable wait,
      KafkaProducer<byte[], byte[]> producer,
      ProducerRecord<byte[], byte[]> record)
      throws Exception {
    Future<Long> woken =
        waiting.submit(
            () -> {
              wait.run();
              return System.nanoTime();
            });
    Thread.sleep(3); // so that it waits by then
    long sent = System.nanoTime();
    var unused = producer.send(record);
    return (woken.get() - sent) / 1e6;
  }

  private static void next(KafkaConsumer<byte[], byte[]> consumer) {
    while (consumer.poll(PATIENCE).isEmpty()) {
      LOG.debug("nothing yet");
    }
  }

  private static double at(double[] sorted, int percentile) {
    return sorted[(int) Math.ceil(sorted.length * percentile / 100.0) - 1];
  }
}
