package dev.driftless.bench.performance;

import dev.driftless.bench.performance.Comparison.Bound;
import dev.driftless.events.MemoryEvent;
import dev.driftless.producer.MemoryLog;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * Events that are validated, encoded and acknowledged, beside a bare producer with the same
 * settings that is given their bytes.
 */
final class Publishing {

  private static final String OURS = "publishing";
  private static final String BARE = "bare producer, ready bytes";

  /**
   * So few are in the processor's caches whenever they come again, as what an agent has just made
   * is. A log of them all, made before, would measure memory.
   */
  private static final int DIFFERENT = 1_000;

  /** Of all events, so that a round lasts some seconds. */
  private static final int PASSES = 5;

  private Publishing() {}

  static List<Comparison> run(BenchServers servers, BenchPlan plan) throws Exception {
    List<MemoryEvent> different = new Workload(plan.seed(), false).next(DIFFERENT);
    List<MemoryEvent> events = repeated(different, plan.events());
    Rounds rounds = servers.rounds("publish", "events/s");
    try (BenchLog log = servers.log(Map.of())) {
      log.append(different);
      List<ProducerRecord<byte[], byte[]>> ready =
          repeated(
              log.read().stream()
                  .map(r -> new ProducerRecord<>(r.topic(), r.key(), r.value()))
                  .toList(),
              plan.events());
      double warm = bare(servers, ready) + ours(log, events);
      for (int round = 0; round < plan.rounds(); round++) {
        rounds.add(BARE, bare(servers, ready));
        rounds.add(OURS, ours(log, events));
      }
    }
    return List.of(rounds.compare(OURS, BARE, Bound.atLeast(0.7)));
  }

  private static <T> List<T> repeated(List<T> some, int events) {
    return Collections.nCopies(events / some.size(), some).stream().flatMap(List::stream).toList();
  }

  private static double ours(BenchLog to, List<MemoryEvent> events) {
    try (MemoryLog log = to.open()) {
      var connected = log.append(events.get(0));
      long began = System.nanoTime();
      for (int pass = 0; pass < PASSES; pass++) {
        BenchLog.append(log, events);
      }
      return (double) PASSES * events.size() / ((System.nanoTime() - began) / 1e9);
    }
  }

  private static double bare(BenchServers to, List<ProducerRecord<byte[], byte[]>> ready)
      throws Exception {
    try (KafkaProducer<byte[], byte[]> producer = to.producer()) {
      var connected = producer.partitionsFor(ready.get(0).topic());
      long began = System.nanoTime();
      for (int pass = 0; pass < PASSES; pass++) {
        send(producer, ready);
      }
      return (double) PASSES * ready.size() / ((System.nanoTime() - began) / 1e9);
    }
  }

  /** Returns when all of them are acknowledged. */
  static void send(
      KafkaProducer<byte[], byte[]> producer, List<ProducerRecord<byte[], byte[]>> records)
      throws Exception {
    List<Future<RecordMetadata>> answers = new ArrayList<>(records.size());
    records.forEach(record -> answers.add(producer.send(record)));
    for (Future<RecordMetadata> answer : answers) {
      var unused = answer.get();
    }
  }
}
