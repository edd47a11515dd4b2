package dev.driftless.producer;

import dev.driftless.events.MemoryEvent;
import dev.driftless.local.Addresses;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.EventRegistry;
import dev.driftless.schemas.Names;
import dev.driftless.schemas.UndecodableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A log of its own on real servers, and what a reader finds in it. */
final class TestLog implements AutoCloseable {

  static final int PARTITIONS = 4;

  private static final AtomicInteger LOGS = new AtomicInteger();

  final Names names = new Names("producer_it_" + LOGS.incrementAndGet());
  final Addresses servers;
  final Admin admin;
  final EventRegistry registry;

  TestLog(Addresses servers) {
    this.servers = servers;
    this.admin = Admin.create(Map.of("bootstrap.servers", servers.kafkaBootstrapServers()));
    this.registry = new EventRegistry(servers.schemaRegistryUrl(), names, Map.of());
  }

  TestLog create() {
    registry.register();
    LogTopic.create(admin, names, PARTITIONS, 1, List.of("vector"));
    return this;
  }

  MemoryLogConfig config() {
    return MemoryLogConfig.of(servers.kafkaBootstrapServers(), servers.schemaRegistryUrl())
        .withNames(names);
  }

  long end() {
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      return consumer.endOffsets(partitions()).values().stream().mapToLong(o -> o).sum();
    }
  }

  List<ConsumerRecord<byte[], byte[]>> records() {
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      consumer.assign(partitions());
      consumer.seekToBeginning(partitions());
      long end = consumer.endOffsets(partitions()).values().stream().mapToLong(o -> o).sum();
      List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
      while (records.size() < end) {
        consumer.poll(Duration.ofSeconds(1)).forEach(records::add);
      }
      return records;
    }
  }

  MemoryEvent decoded(ConsumerRecord<byte[], byte[]> record) {
    try {
      return new EventDecoder(registry).decode(record.value());
    } catch (UndecodableException e) {
      throw new AssertionError(e);
    }
  }

  private List<TopicPartition> partitions() {
    List<TopicPartition> partitions = new ArrayList<>();
    for (int p = 0; p < PARTITIONS; p++) {
      partitions.add(new TopicPartition(names.log(), p));
    }
    return partitions;
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    return new KafkaConsumer<>(
        Map.of("bootstrap.servers", servers.kafkaBootstrapServers()),
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer());
  }

  @Override
  public void close() {
    admin.close(Duration.ZERO);
    registry.close();
  }
}
