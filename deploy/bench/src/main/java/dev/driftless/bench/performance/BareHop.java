package dev.driftless.bench.performance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
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
   * @param warmUp how many of the first do not count
   * @return how long each of the others took, in nanoseconds, in no order
   */
  static List<Long> nanos(BenchServers servers, List<byte[]> values, int warmUp, int aSecond)
      throws Exception {
    AtomicLongArray sent = new AtomicLongArray(values.size());
    try (BenchLog log = servers.log(Map.of());
        KafkaConsumer<byte[], byte[]> consumer = log.consumer();
        KafkaProducer<byte[], byte[]> producer = servers.producer()) {
      String topic = log.config().names().log();
      var connected = producer.partitionsFor(topic);
      consumer.assignment().forEach(consumer::position);
      CompletableFuture<List<Long>> received =
          CompletableFuture.supplyAsync(() -> receive(consumer, sent, warmUp));
      try {
        Steady.run(
            aSecond,
            values.size(),
            (number, due) -> {
              sent.set(number, due);
              var unused =
                  producer.send(
                      new ProducerRecord<>(
                          topic, number % BenchLog.PARTITIONS, null, values.get(number)));
            });
        producer.flush();
        return received.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      } finally {
        consumer.wakeup(); // if records do not come
        var ended =
            received.handle((took, failure) -> true).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      }
    }
  }

  private static List<Long> receive(
      KafkaConsumer<byte[], byte[]> consumer, AtomicLongArray sent, int warmUp) {
    List<Long> took = new ArrayList<>();
    for (int left = sent.length(); left > 0; ) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        int number = (int) record.offset() * BenchLog.PARTITIONS + record.partition();
        if (number >= warmUp) {
          took.add(System.nanoTime() - sent.get(number));
        }
        left--;
      }
    }
    return took;
  }
}
