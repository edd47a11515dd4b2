package dev.driftless.projectors.runtime;

import dev.driftless.projectors.Projector;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.EventRegistry;
import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.MissingSourceTopicException;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.TimestampExtractor;
import org.apache.kafka.streams.processor.internals.DefaultKafkaClientSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One view being kept: a Kafka Streams application of its own, whose id is the view's group, so
 * that views stop, lag and scale apart. Starts when {@link #start} is called; waits for whatever is
 * away.
 */
public final class ViewApplication implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ViewApplication.class);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(8);
  private static final int PARTITION_FETCH_BYTES = 2 << 20;

  private static final Duration REPLACE_AFTER = Duration.ofSeconds(1);

  /**
   * A broker that writes no append time would break log time, and a record without a time must not
   * be skipped.
   */
  private static final TimestampExtractor APPEND_TIME =
      (r, partitionTime) -> Math.max(0, r.timestamp());

  private final String name;
  private final Projector projector;
  private final boolean observes;
  private final RuntimeConfig config;
  private final Admin admin;
  private final LogPositions log;
  private final @Nullable PositionReports reports;
  private final KafkaStreams streams;
  private final Polls polls = new Polls();
  private final AtomicBoolean abandoned = new AtomicBoolean();
  private final CompletableFuture<ViewStoppedException> stopped = new CompletableFuture<>();

  /**
   * A view that sets records aside, can be paused, and is repaired on request; with the names of
   * the spare generations, its spare one, which is paused with it, never repaired, and not what
   * clients wait for.
   *
   * @param projector closed by {@link #close}
   * @param registry not closed by this
   */
  public ViewApplication(
      Projector projector,
      EventRegistry registry,
      RuntimeConfig config,
      MeterRegistry meterRegistry) {
    this(projector, registry, config, meterRegistry, OpenTelemetry.noop());
  }

  /**
   * The same, which goes on with the traces that it finds in the headers of records.
   *
   * @param openTelemetry where its spans go, and what reads the headers
   */
  public ViewApplication(
      Projector projector,
      EventRegistry registry,
      RuntimeConfig config,
      MeterRegistry meterRegistry,
      OpenTelemetry openTelemetry) {
    this(projector, false, registry, config, meterRegistry, openTelemetry);
  }

  private ViewApplication(
      Projector projector,
      boolean observes,
      EventRegistry registry,
      RuntimeConfig config,
      MeterRegistry meterRegistry,
      OpenTelemetry openTelemetry) {
    this.name = config.names().generation(projector.view());
    this.projector = projector;
    this.observes = observes;
    this.config = config;
    this.admin = Admin.create(new HashMap<>(config.kafka()));
    this.log = new LogPositions(name, config.names(), admin, config.idempotencyWindow());
    this.reports =
        observes || config.names().isSpare()
            ? null
            : new PositionReports(config.kafka(), config.names(), projector.view());
    ViewParts parts =
        new ViewParts(
            name,
            projector,
            new EventDecoder(registry),
            log,
            new ViewMeters(meterRegistry, name),
            new ApplySpans(openTelemetry, config.names(), projector.view()),
            polls,
            new ConcurrentHashMap<>(),
            reports,
            config.maxBatch(),
            config.checkInterval());
    this.streams =
        new KafkaStreams(topology(parts), settings(config, projector.view()), new Clients(parts));
    streams.setUncaughtExceptionHandler(this::failed);
  }

  /**
   * Not a view but something that follows the log as views do: sets no record aside, however many
   * are refused in a row, and can be neither paused nor repaired. Needs no topic but the log.
   *
   * @param projector takes every record; closed by {@link #close}
   * @param registry not closed by this
   */
  public static ViewApplication observer(
      Projector projector,
      EventRegistry registry,
      RuntimeConfig config,
      MeterRegistry meterRegistry) {
    return new ViewApplication(
        projector, true, registry, config, meterRegistry, OpenTelemetry.noop());
  }

  /** Begins to read; returns at once. */
  public void start() {
    streams.start();
  }

  /** Whether it has its partitions and reads them, or waits for what is away. */
  public boolean isRunning() {
    return streams.state() == KafkaStreams.State.RUNNING;
  }

  /**
   * Whether one of its threads has not come back for longer than this, as from a call that hangs:
   * waiting for a store that is away is no such call.
   */
  public boolean hangsFor(Duration silence) {
    return polls.areMissedFor(silence);
  }

  /** Completed with the reason if the view stopped by itself. */
  public CompletableFuture<ViewStoppedException> stopped() {
    return stopped;
  }

  /**
   * Drains, commits and stops; waits up to 8 s. Partitions move to other processes at once, unless
   * this one has an instance name, under which it is expected back.
   */
  @Override
  public void close() {
    GroupMembershipOperation membership =
        config.instance() == null
            ? GroupMembershipOperation.LEAVE_GROUP
            : GroupMembershipOperation.REMAIN_IN_GROUP;
    streams.close(CloseOptions.groupMembershipOperation(membership).withTimeout(CLOSE_TIMEOUT));
    if (reports != null) {
      reports.close();
    }
    admin.close(Duration.ZERO);
    projector.close();
  }

  /**
   * Stops as {@link #close} does, but drains and commits nothing: what it kept is there no more.
   */
  public void abandon() {
    abandoned.set(true);
    close();
  }

  /** Closes all of them at the same time, however few cores there are. */
  public static void closeAll(Collection<ViewApplication> applications) {
    List<Thread> threads =
        applications.stream().map(application -> new Thread(application::close, "close")).toList();
    threads.forEach(Thread::start);
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Topology topology(ViewParts parts) {
    return new Topology()
        .addSource(
            AutoOffsetReset.earliest(),
            "log",
            APPEND_TIME,
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer(),
            config.names().log())
        .addProcessor("intake", Intake.supplier(parts, config.idempotencyWindow()), "log");
  }

  static Properties settings(RuntimeConfig config, String view) {
    Properties settings = new Properties();
    // One megabyte, Kafka's default, holds some 600 events with vectors: a third of a batch. It has
    // no prefix and comes before the user's own, so that any way of his to write it wins.
    settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, PARTITION_FETCH_BYTES);
    settings.putAll(config.kafka());
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, config.names().group(view));
    settings.put(StreamsConfig.STATE_DIR_CONFIG, config.stateDirectory().toString());
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, config.threads());
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, config.commitInterval().toMillis());
    settings.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, RocksDbLimits.class);
    // an outage is waited for however long it takes
    settings.put(StreamsConfig.TASK_TIMEOUT_MS_CONFIG, Duration.ofDays(3_650).toMillis());
    // A task has one partition, so it waits for no other. The answer to what its lag is may come on
    // the consumer's heartbeat thread, which fails if the partition is moved meanwhile.
    settings.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, StreamsConfig.MAX_TASK_IDLE_MS_DISABLED);
    settings.put(
        StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG),
        config.maxBatch());
    settings.put(
        StreamsConfig.mainConsumerPrefix(ConsumerConfig.ISOLATION_LEVEL_CONFIG), "read_committed");
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    if (config.instance() != null) {
      settings.put(
          StreamsConfig.mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG),
          config.instance());
    }
    return settings;
  }

  private StreamThreadExceptionResponse failed(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof ViewStoppedException reason) {
        return stop(reason);
      }
      if (cause instanceof MissingSourceTopicException) {
        return stop(
            new ViewStoppedException(
                "view=%s: stopped, the topic %s is missing: create it, then start the view again"
                    .formatted(name, config.names().log())));
      }
    }
    try {
      log.checkPartitions();
    } catch (ViewStoppedException reason) {
      return stop(reason);
    } catch (KafkaException unknown) {
      LOG.debug("view={} the broker does not tell the number of partitions", name, unknown);
    }
    LOG.error("view={} a stream thread failed and is replaced", name, e);
    pause();
    return StreamThreadExceptionResponse.REPLACE_THREAD;
  }

  /** What fails at once whenever it is tried must not keep a core busy. */
  private static void pause() {
    try {
      Thread.sleep(REPLACE_AFTER.toMillis());
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private StreamThreadExceptionResponse stop(ViewStoppedException reason) {
    LOG.error("{}", reason.getMessage());
    stopped.complete(reason);
    return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
  }

  /** Kafka Streams' own clients, but for the main consumer. */
  private final class Clients extends DefaultKafkaClientSupplier {

    private final ViewParts parts;

    Clients(ViewParts parts) {
      this.parts = parts;
    }

    @Override
    public Consumer<byte[], byte[]> getConsumer(Map<String, Object> settings) {
      return new DrainingConsumer(
          settings,
          parts,
          abandoned::get,
          new DeadLetters(projector.view(), !observes, config, parts.meters()),
          observes ? null : new ViewControls(config.kafka(), config.names()),
          observes || config.names().isSpare() ? null : new Repairs(parts, config));
    }
  }
}
