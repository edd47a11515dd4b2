package dev.driftless.bench.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.events.MemoryEvent;
import dev.driftless.events.MemoryRecorded;
import dev.driftless.events.PatternLearned;
import dev.driftless.producer.LogTopic;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.Lag;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.EventRegistry;
import dev.driftless.schemas.UndecodableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The layouts that Driftless publishes. What a view took in twice would show: as a version that
 * another has replaced, as a pattern's reinforcement. An audit row stands for the text of the
 * record that it names by position and hash, since it holds none.
 */
final class DriftlessLayout implements Layout {

  private static final int PARTITIONS = 4;

  private static final String RELATIONAL =
      """
      SELECT memory_id, text FROM driftless.memories
      UNION ALL
      SELECT memory_id, text FROM driftless.memory_versions WHERE valid_to_offset IS NOT NULL
      """;

  private static final String CONTEXT =
      """
      SELECT memory_id, text FROM driftless_context.memories
      UNION ALL
      SELECT pattern_id, statement FROM driftless_context.patterns, generate_series(1, reinforcements)
      """;

  private static final String AUDIT =
      """
      SELECT entity_ids[1], log_partition || '@' || log_offset || ' ' || encode(record_hash, 'hex')
      FROM driftless_audit.records
      """;

  private final ProjectorsConfig config;
  private final DirectReads stores;

  /**
   * @param config of the servers themselves, not of proxies
   */
  DriftlessLayout(ProjectorsConfig config, DirectReads stores) {
    this.config = config;
    this.stores = stores;
  }

  @Override
  public void create() {
    LogTopic.create(stores.admin(), config.names(), PARTITIONS, 1, Views.names());
    try (EventRegistry registry = config.openRegistry()) {
      registry.register();
    }
  }

  @Override
  public boolean isFinal() {
    try (Lag lag = new Lag(config)) {
      return lag.read().stream().allMatch(view -> view.problem() == null && view.events() == 0);
    }
  }

  @Override
  public Holdings read()
      throws SQLException, IOException, InterruptedException, ExecutionException, TimeoutException {
    Holdings holdings = new Holdings();
    readRows(
        "driftless.memory_versions",
        RELATIONAL,
        row -> holdings.add(Store.RELATIONAL, row.get(0), Action.hash(row.get(1))));
    readRows(
        "driftless_context.patterns",
        CONTEXT,
        row -> holdings.add(Store.CONTEXT, row.get(0), Action.hash(row.get(1))));
    readVector(holdings);
    readCache(holdings);
    List<List<String>> audited = new ArrayList<>();
    readRows("driftless_audit.records", AUDIT, audited::add);
    Map<String, String> texts = readLog(holdings);
    audited.forEach(
        row -> holdings.add(Store.AUDIT, row.get(0), texts.getOrDefault(row.get(1), "no record")));
    return holdings;
  }

  /** Nothing where the table, which its projector makes when it starts, is not there yet. */
  private void readRows(String table, String query, Consumer<List<String>> reader)
      throws SQLException {
    List<String> there = new ArrayList<>();
    stores.rows(
        "SELECT 1 FROM to_regclass('%s') t WHERE t IS NOT NULL".formatted(table),
        row -> there.add(table));
    if (!there.isEmpty()) {
      stores.rows(query, reader);
    }
  }

  private void readVector(Holdings holdings) throws IOException, InterruptedException {
    if (stores.qdrant("GET", "/aliases", Map.of()).at("/result/aliases").isEmpty()) {
      return;
    }
    stores.points(
        "driftless-memories",
        payload -> {
          if (payload.has("kind")) {
            holdings.add(
                Store.VECTOR,
                payload.path("memory_id").asText(),
                Action.hash(payload.path("text").asText()));
          }
        });
  }

  private void readCache(Holdings holdings)
      throws InterruptedException, ExecutionException, TimeoutException {
    stores.hashes(
        "driftless:{*}:memory:*",
        (key, memory) ->
            holdings.add(
                Store.CACHE,
                key.substring(key.lastIndexOf(':') + 1),
                Action.hash(memory.getOrDefault("text", ""))));
    stores.hashes(
        "driftless:{*}:patterns",
        (key, patterns) ->
            patterns.forEach(
                (id, json) ->
                    holdings.add(
                        Store.CACHE,
                        id,
                        Action.hash(
                            DirectReads.json(json.getBytes(UTF_8)).path("statement").asText()))));
  }

  /** The hash of the text in each record, by what names it in {@link #AUDIT}. */
  private Map<String, String> readLog(Holdings holdings) {
    Map<String, String> texts = new HashMap<>();
    try (EventRegistry registry = config.openRegistry()) {
      EventDecoder decoder = new EventDecoder(registry);
      stores.records(
          config.names().log(),
          record -> {
            MemoryEvent event = event(decoder, record);
            String hash = Action.hash(text(event));
            texts.put(
                "%d@%d %s".formatted(record.partition(), record.offset(), recordHash(record)),
                hash);
            holdings.add(Store.LOG, event.getEventId(), hash);
          });
    }
    return texts;
  }

  /** As the comment on the column {@code record_hash} has it. */
  static String recordHash(ConsumerRecord<byte[], byte[]> record) {
    ByteBuffer bytes =
        ByteBuffer.allocate(
            3 * Integer.BYTES + 2 * Long.BYTES + record.key().length + record.value().length);
    bytes.putInt(record.partition()).putLong(record.offset()).putLong(record.timestamp());
    bytes.putInt(record.key().length).put(record.key());
    bytes.putInt(record.value().length).put(record.value());
    return Action.hash(bytes.array());
  }

  private static MemoryEvent event(EventDecoder decoder, ConsumerRecord<byte[], byte[]> record) {
    try {
      return decoder.decode(record.value());
    } catch (UndecodableException e) {
      throw new IllegalStateException(
          "partition %d, offset %d".formatted(record.partition(), record.offset()), e);
    }
  }

  private static String text(MemoryEvent event) {
    return event.getPayload() instanceof MemoryRecorded memory
        ? memory.getText()
        : ((PatternLearned) event.getPayload()).getStatement();
  }
}
