package dev.driftless.bench.performance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** From a producer to a consumer of the same process, with nothing but the broker between them. */
final class BareHop {

  private static final Duration POLL = Duration.ofMillis(200);
  private static final long PATIENCE_SECONDS = 60;

  private BareHop() {}

  /**
   * Sends values to an empty topic, in turn to each partition.
   *
   * @return how long each took, in nanoseconds, in no order
   */
  static List<Long> nanos(BenchServers servers, List<byte[]> values, int aSecond) throws Exception {
    long[] sent = new long[values.size()];
    try (BenchLog log = servers.log(Map.of());
        KafkaConsumer<byte[], byte[]> consumer = log.consumer();
        KafkaProducer<byte[], byte[]> producer = servers.producer()) {
      String topic = log.config().names().log();
      var connected = producer.partitionsFor(topic);
      consumer.assignment().forEach(consumer::position);
      CompletableFuture<List<Long>> received =
          CompletableFuture.supplyAsync(() -> receive(consumer, sent));
      Steady.run(
          aSecond,
          values.size(),
          number -> {
            sent[number] = System.nanoTime();
            var unused =
                producer.send(
                    new ProducerRecord<>(
                        topic, number % BenchLog.PARTITIONS, null, values.get(number)));
          });
      producer.flush();
      return received.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
  }

  private static List<Long> receive(KafkaConsumer<byte[], byte[]> consumer, long[] sent) {
    List<Long> took = new ArrayList<>();
    while (took.size() < sent.length) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        int number = (int) record.offset() * BenchLog.PARTITIONS + record.partition();
        took.add(System.nanoTime() - sent[number]);
      }
    }
    return took;
  }
}
