package dev.driftless.bench.performance;

import dev.driftless.bench.faults.NaiveAgents;
import dev.driftless.local.Addresses;
import dev.driftless.local.LocalProgram;
import dev.driftless.local.Progress;
import dev.driftless.local.ServerKind;
import dev.driftless.local.TestStack;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/** Real servers of its own for a benchmark, gone when it is closed. For one thread. */
final class BenchServers implements AutoCloseable {

  private final TestStack stack;
  private final Path state;
  private final Progress progress;
  private int logs;
  private @Nullable NaiveAgents naive;

  private BenchServers(TestStack stack, Path state, Progress progress) {
    this.stack = stack;
    this.progress = progress;
    this.state = state;
  }

  static BenchServers start(Progress progress) {
    try {
      Path state = Files.createTempDirectory("driftless-bench-");
      return new BenchServers(TestStack.fresh(ServerKind.values()), state, progress);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Addresses addresses() {
    return stack.with(ServerKind.values());
  }

  /**
   * A log that holds nothing yet, and whose views hold nothing.
   *
   * @param variables that differ from what the servers' addresses say
   */
  BenchLog log(Map<String, String> variables) {
    logs++;
    return BenchLog.create(addresses(), "b" + logs, state, variables);
  }

  /** As {@link #log}; see {@link BenchLog#withoutSearchIndex}. */
  BenchLog logWithoutSearchIndex() {
    return log(Map.of()).withoutSearchIndex();
  }

  /** Of its own for that name; made if it is not there. */
  Path directory(String name) {
    try {
      return Files.createDirectories(state.resolve("directories").resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** With the settings that the log's own producer has. */
  KafkaProducer<byte[], byte[]> producer() {
    return producer(Map.of("bootstrap.servers", addresses().kafkaBootstrapServers()));
  }

  /** As {@link #producer()}, to the servers that these settings name, which count as well. */
  static KafkaProducer<byte[], byte[]> producer(Map<String, String> more) {
    Map<String, Object> settings = new HashMap<>(more);
    settings.put("acks", "all");
    settings.put("compression.type", "lz4");
    settings.put("linger.ms", "5");
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Of a part of the benchmark; each figure is said as soon as it is there. */
  Rounds rounds(String part, String unit) {
    return new Rounds(part, unit, progress);
  }

  /** Agents that have no log. */
  NaiveAgents naive() throws Exception {
    if (naive == null) {
      naive = NaiveAgents.create(addresses());
      QdrantCeiling.keepFromIndexing(addresses().qdrantGrpc(), NaiveAgents.collection());
    }
    return naive;
  }

  /** Which is ended with the servers at the latest. */
  LocalProgram program(String name) {
    return stack.stack().program(name);
  }

  @Override
  public void close() {
    try {
      stack.close();
    } finally {
      try {
        Utils.delete(state.toFile());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
