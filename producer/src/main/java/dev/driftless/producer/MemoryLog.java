package dev.driftless.producer;

import dev.driftless.events.MemoryEvent;
import dev.driftless.schemas.EventEncoder;
import dev.driftless.schemas.EventRegistry;
import dev.driftless.schemas.Names;
import dev.driftless.schemas.SubjectKey;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * The event log, to append to. Events of one subject that one thread appends are in the log in that
 * order. Safe to share between threads; one per process is enough.
 *
 * <table>
 *   <caption>How an append ends, within the configured timeout</caption>
 *   <tr><td>{@link Receipt}</td><td>durable</td></tr>
 *   <tr><td>{@link InvalidEventException}</td><td>nothing written: the event is wrong</td></tr>
 *   <tr><td>{@link AppendRefusedException}</td><td>nothing written: the broker does not want it
 *       </td></tr>
 *   <tr><td>{@link AppendTimeoutException}</td><td>may have been written: append the same event
 *       again</td></tr>
 * </table>
 */
public final class MemoryLog implements AutoCloseable {

  /** Beyond the timeout, which the Kafka client keeps by itself, so that nobody waits for ever. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  private final Duration timeout;
  private final LogTopic topic;
  private final EventCheck check;
  private final EventEncoder encoder;
  private final RecordLimit limit;
  private final Admin admin;
  private final KafkaProducer<byte[], byte[]> producer;
  private final Outcomes outcomes;
  private final AppendSpans spans;
  private final MemoryLogConfig config;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Once somebody waits for a view. */
  private @Nullable PositionFollower follower;

  private final Set<View> followed = ConcurrentHashMap.newKeySet();

  private MemoryLog(
      MemoryLogConfig config,
      EventEncoder encoder,
      Admin admin,
      LogTopic topic,
      OpenTelemetry openTelemetry) {
    this.spans = new AppendSpans(openTelemetry);
    this.config = config;
    this.timeout = config.timeout();
    this.topic = topic;
    this.check = new EventCheck(config.embeddingModels());
    this.encoder = encoder;
    this.admin = admin;
    this.limit =
        new RecordLimit(
            topic.maxRecordBytes(),
            ClientSettings.maxRequestBytes(config),
            () -> LogTopic.check(admin, config.names()).maxRecordBytes());
    this.outcomes = new Outcomes(topic, config);
    this.producer =
        new KafkaProducer<>(
            ClientSettings.producer(config), new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** As {@link #open(MemoryLogConfig, OpenTelemetry)}, untraced. */
  public static MemoryLog open(MemoryLogConfig config) {
    return open(config, OpenTelemetry.noop());
  }

  /**
   * Connects to the registry and the broker.
   *
   * @param openTelemetry where the spans of appends go; their context is written into the records'
   *     headers (W3C trace context), by which projectors that trace go on with it
   * @throws dev.driftless.schemas.RegistryUnavailableException if the registry does not answer
   * @throws LogUnavailableException if no broker answers
   * @throws IllegalStateException if the schema is not registered, or the topic does not exist or
   *     would lose events; the message says what to do
   */
  public static MemoryLog open(MemoryLogConfig config, OpenTelemetry openTelemetry) {
    EventEncoder encoder = encoder(config);
    Admin admin = admin(config);
    try {
      return new MemoryLog(
          config, encoder, admin, LogTopic.check(admin, config.names()), openTelemetry);
    } catch (RuntimeException e) {
      admin.close(Duration.ZERO);
      throw e instanceof LogUnavailableException ? away(config, e) : e;
    }
  }

  /** Appends the event and returns when it is durable; see the table above. */
  public Receipt append(MemoryEvent event) {
    CompletableFuture<Receipt> receipt = appendAsync(event);
    try {
      return receipt.get(timeout.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException known ? known : new KafkaException(e);
    } catch (TimeoutException e) {
      throw outcomes.unknown(event.getEventId(), "not acknowledged within " + timeout, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw outcomes.unknown(event.getEventId(), "interrupted while waiting for it", e);
    }
  }

  /**
   * Appends the event without waiting; the table above is how the future completes, and nothing is
   * thrown but by it. While the buffer is full this call waits for room, at most half the timeout.
   *
   * <p>Stages that depend on the future may run in the thread that sends to the broker: they must
   * not wait for anything.
   */
  public CompletableFuture<Receipt> appendAsync(MemoryEvent event) {
    try {
      check.check(event);
      byte[] key = new SubjectKey(event.getTenant(), event.getSubject()).bytes();
      byte[] value = encode(event);
      limit.check(key, value);
      return send(event.getEventId(), key, value);
    } catch (KafkaException | LogUnavailableException e) {
      return CompletableFuture.failedFuture(
          outcomes.of(event.getEventId(), e, /* wasSent= */ false, limit));
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** As {@link #awaitVisible(Collection, Collection, Duration)}, of one event and one view. */
  public void awaitVisible(Receipt receipt, View view, Duration timeout) {
    awaitVisible(List.of(receipt), List.of(view), timeout);
  }

  /**
   * Returns when each of these views shows each of these events: a read of its store that begins
   * then sees the event's effect, or that of a later one. Whoever appended them, in this process or
   * another one ({@link Receipt#parse}). Asks no store: projectors publish how far they are, after
   * their stores acknowledged it. So a store that is emptied or put back from a copy is noticed
   * when its projector has noticed, within its check interval.
   *
   * <p>May be called by any number of threads at once; the first call begins to follow the
   * positions, on a thread of its own.
   *
   * @param timeout for the views; the first call of a view asks the broker for its topics before,
   *     for up to half the log's own timeout
   * @throws NotVisibleException if that takes longer than the timeout; says which view is behind,
   *     by how much, and why if that is known
   * @throws SetAsideException if a view could not apply one of the events
   * @throws IllegalArgumentException if a receipt is of another log, or there is no such view
   * @throws IllegalStateException if positions cannot be read, this is closed meanwhile, or the
   *     thread is interrupted, which it then still is
   * @throws LogUnavailableException if no broker answers the first call
   */
  public void awaitVisible(Collection<Receipt> receipts, Collection<View> views, Duration timeout) {
    receipts.forEach(this::checkIsOfThisLog);
    if (!receipts.isEmpty() && !views.isEmpty()) {
      follower(views).await(receipts, views, timeout);
    }
  }

  /**
   * The last record in the log now among which the subject's are, whoever's it is; empty if there
   * is none. What waits for it to be visible has seen all that was appended before this call.
   *
   * @throws LogUnavailableException if no broker answers
   */
  public Optional<Receipt> end(String tenant, String subject) {
    int partition =
        SubjectKey.partition(new SubjectKey(tenant, subject).bytes(), topic.partitions());
    long end = topic.end(admin, partition);
    return end == 0
        ? Optional.empty()
        : Optional.of(new Receipt(topic.topicId(), partition, end - 1));
  }

  /** What everything of this log's installation is called, its views included. */
  public Names names() {
    return config.names();
  }

  /** The topic behind this log, as it was when the log was opened. */
  public LogTopic topic() {
    return topic;
  }

  /** Waits for what is on its way, at most the timeout. Safe to repeat. */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      closeFollower();
      producer.close(timeout);
      admin.close(timeout);
    }
  }

  private void checkIsOfThisLog(Receipt receipt) {
    if (!receipt.topicId().equals(topic.topicId())) {
      throw new IllegalArgumentException(
          "receipt %s is of another log: this one has topic id %s"
              .formatted(receipt.token(), topic.topicId()));
    }
    if (receipt.partition() >= topic.partitions()) {
      throw new IllegalArgumentException(
          "receipt %s: the log has %d partitions".formatted(receipt.token(), topic.partitions()));
    }
  }

  private PositionFollower follower(Collection<View> views) {
    for (View view : views) {
      if (!followed.contains(view)) {
        LogTopic.checkFollowed(admin, config.names(), view.name());
        followed.add(view);
      }
    }
    synchronized (this) {
      if (closed.get()) {
        throw new IllegalStateException("the log is closed");
      }
      if (follower == null || follower.hasFailed()) {
        follower =
            new PositionFollower(ClientSettings.consumer(config), config.names(), topic.topicId());
      }
      return follower;
    }
  }

  private synchronized void closeFollower() {
    if (follower != null) {
      follower.close();
    }
  }

  private byte[] encode(MemoryEvent event) {
    try {
      return encoder.encode(event);
    } catch (RuntimeException e) {
      throw new InvalidEventException("event", "does not fit its schema: " + e.getClass());
    }
  }

  private CompletableFuture<Receipt> send(String eventId, byte[] key, byte[] value) {
    CompletableFuture<Receipt> receipt = new CompletableFuture<>();
    Thread caller = Thread.currentThread();
    boolean[] taken = {false};
    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic.name(), key, value);
    Span span = spans.begin(eventId, record);
    try {
      var unused =
          producer.send(
              record,
              (metadata, e) -> {
                if (e == null) {
                  AppendSpans.acknowledged(span, metadata);
                  receipt.complete(
                      new Receipt(topic.topicId(), metadata.partition(), metadata.offset()));
                } else {
                  AppendSpans.failed(span, e);
                  // called by send itself, before it returns, where nothing came into the buffer
                  boolean wasSent = Thread.currentThread() != caller || taken[0];
                  receipt.completeExceptionally(outcomes.of(eventId, e, wasSent, limit));
                }
              });
    } catch (RuntimeException e) {
      AppendSpans.failed(span, e);
      throw e;
    }
    taken[0] = true;
    return receipt;
  }

  private static EventEncoder encoder(MemoryLogConfig config) {
    Map<String, String> settings = new HashMap<>(ClientSettings.registryTimeouts(config));
    settings.putAll(config.registry());
    try (EventRegistry registry =
        new EventRegistry(config.registryUrl(), config.names(), settings)) {
      return new EventEncoder(registry);
    }
  }

  private static Admin admin(MemoryLogConfig config) {
    try {
      return Admin.create(ClientSettings.admin(config));
    } catch (KafkaException e) {
      throw away(config, e.getCause() == null ? e : e.getCause());
    }
  }

  private static LogUnavailableException away(MemoryLogConfig config, Throwable e) {
    return new LogUnavailableException(
        "the Kafka brokers at %s: %s".formatted(config.bootstrapServers(), e.getMessage()), e);
  }
}
