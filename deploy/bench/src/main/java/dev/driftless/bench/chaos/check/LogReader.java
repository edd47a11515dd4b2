package dev.driftless.bench.chaos.check;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/** The whole log, as read_committed readers see it, with what each record means for the views. */
final class LogReader {

  private static final Duration POLL = Duration.ofMillis(500);
  private static final int EMPTY_POLLS = 60;

  private final Stores stores;
  private final Schemas schemas;

  LogReader(Stores stores) {
    this.stores = stores;
    this.schemas = new Schemas(stores.registryUrl());
  }

  /** Records of a partition in the order of their offsets, one partition after the other. */
  List<LoggedRecord> read() {
    List<LoggedRecord> log = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(stores.log()).stream()
              .map(p -> new TopicPartition(p.topic(), p.partition()))
              .toList();
      for (TopicPartition partition : partitions) {
        read(consumer, partition, partitions.size(), log);
      }
    }
    return log;
  }

  private void read(
      KafkaConsumer<byte[], byte[]> consumer,
      TopicPartition partition,
      int partitions,
      List<LoggedRecord> log) {
    consumer.assign(List.of(partition));
    consumer.seekToBeginning(List.of(partition));
    long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    Meaning meaning = new Meaning();
    long logMs = 0;
    int emptyPolls = 0;
    while (consumer.position(partition) < end) {
      ConsumerRecords<byte[], byte[]> polled = consumer.poll(POLL);
      emptyPolls = polled.isEmpty() ? emptyPolls + 1 : 0;
      if (emptyPolls > EMPTY_POLLS) {
        throw new IllegalStateException("the broker does not give " + partition + " up to " + end);
      }
      for (ConsumerRecord<byte[], byte[]> r : polled) {
        logMs = Math.max(logMs, r.timestamp());
        log.add(record(r, logMs, partitions, meaning));
      }
    }
  }

  private LoggedRecord record(
      ConsumerRecord<byte[], byte[]> r, long logMs, int partitions, Meaning meaning) {
    GenericRecord event = event(r.value());
    boolean fits = event != null && fits(event, r.key(), r.partition(), partitions);
    Outcome outcome = event == null || !fits ? Outcome.REFUSED : meaning.of(event, logMs);
    return new LoggedRecord(
        r.partition(), r.offset(), r.timestamp(), logMs, r.key(), r.value(), event, outcome);
  }

  /** Magic byte 0, the schema's id in 4 bytes, Avro. */
  private @Nullable GenericRecord event(byte @Nullable [] value) {
    if (value == null || value.length <= LoggedRecord.HEADER_BYTES || value[0] != 0) {
      return null;
    }
    Schema schema = schemas.byId(ByteBuffer.wrap(value).getInt(1));
    try {
      return new GenericDatumReader<GenericRecord>(schema)
          .read(
              null,
              DecoderFactory.get()
                  .binaryDecoder(
                      value,
                      LoggedRecord.HEADER_BYTES,
                      value.length - LoggedRecord.HEADER_BYTES,
                      null));
    } catch (IOException | AvroRuntimeException e) {
      return null;
    }
  }

  private static boolean fits(
      GenericRecord event, byte @Nullable [] key, int partition, int partitions) {
    byte[] right = Meaning.key(event);
    return Arrays.equals(right, key)
        && Utils.toPositive(Utils.murmur2(right)) % partitions == partition
        && (Meaning.hasSession(event) || !Meaning.needsSession(event));
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    return new KafkaConsumer<>(
        Map.of(
            "bootstrap.servers", stores.bootstrapServers(),
            "isolation.level", "read_committed",
            "enable.auto.commit", "false"),
        new ByteArrayDeserializer(),
        new ByteArrayDeserializer());
  }
}
