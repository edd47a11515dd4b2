package dev.driftless.reconciler;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.events.MemoryEvent;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.runtime.RuntimeConfig;
import dev.driftless.projectors.runtime.ViewApplication;
import dev.driftless.reconciler.log.EntityLog;
import dev.driftless.reconciler.log.EntityLogProjector;
import dev.driftless.reconciler.log.UndecodedRecords;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.EventRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.avro.SchemaNormalization;

/**
 * This machine's copy of the log, kept up to date by the same runtime, hence the same fold, that
 * keeps the views. Safe to share between threads.
 */
final class LogCopy implements AutoCloseable {

  private static final String FORMAT = "format";

  /** To be raised when keys, values, or the meaning of dispositions on disk change. */
  private static final int LAYOUT = 1;

  private static final Duration STANDSTILL = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(20);
  private static final Duration REMINDER = Duration.ofSeconds(2);

  private final EntityLog entities;
  private final ViewApplication application;
  private final EventRegistry registry;
  private final Progress progress;

  private LogCopy(
      EntityLog entities, ViewApplication application, EventRegistry registry, Progress progress) {
    this.entities = entities;
    this.application = application;
    this.registry = registry;
    this.progress = progress;
  }

  /**
   * Opens the copy in this directory, and begins to bring it up to date. What was copied from
   * another log, by a program that reads events otherwise, or while the registry lacked a schema
   * that it has now, is thrown away.
   *
   * @param name of the consumer group, after {@code driftless-}
   */
  static LogCopy open(
      ProjectorsConfig config, String name, Path directory, String topicId, Progress progress) {
    EventRegistry registry = config.openRegistry();
    EntityLog entities = null;
    try {
      EventDecoder decoder = new EventDecoder(registry);
      byte[] format = format(topicId, config.runtime().idempotencyWindow());
      entities = EntityLog.open(directory.resolve("log"), decoder);
      if (!isCurrent(entities, format)) {
        entities.close();
        delete(directory.resolve("log"));
        delete(directory.resolve("streams"));
        entities = EntityLog.open(directory.resolve("log"), decoder);
      }
      entities.put(FORMAT, format);
      ViewApplication application =
          ViewApplication.observer(
              new EntityLogProjector(name, entities),
              registry,
              runtime(config.runtime(), directory.resolve("streams")),
              new SimpleMeterRegistry());
      application.start();
      return new LogCopy(entities, application, registry, progress);
    } catch (RuntimeException e) {
      if (entities != null) {
        entities.close();
      }
      registry.close();
      throw e;
    }
  }

  EntityLog entities() {
    return entities;
  }

  /** True if a record can be decoded that could not be when it was copied. */
  boolean isOutdated() {
    return isOutdated(entities);
  }

  private static boolean isOutdated(EntityLog entities) {
    return new UndecodedRecords(entities).isOneReadable();
  }

  /** The first offset of the partition that is not copied. */
  long position(int partition) {
    return entities.stored(partition).offset();
  }

  /**
   * Returns when everything below these offsets is copied.
   *
   * @throws CannotTellException if the copy does not get on
   */
  void await(Map<Integer, Long> offsets) {
    long since = System.nanoTime();
    long told = since;
    long before = -1;
    for (long left = left(offsets); left > 0; left = left(offsets)) {
      if (application.stopped().isDone()) {
        throw new CannotTellException(String.valueOf(application.stopped().join().getMessage()));
      }
      long now = System.nanoTime();
      if (left != before) {
        before = left;
        since = now;
      } else if (now - since > STANDSTILL.toNanos()) {
        throw new CannotTellException(
            "the log is not read on, %,d records are left: does the broker answer, and does another reconciler use the same consumer group?"
                .formatted(left));
      }
      if (now - told > REMINDER.toNanos()) {
        told = now;
        progress.say("reading the log: %,d records left".formatted(left));
      }
      Pause.of(POLL);
    }
  }

  @Override
  public void close() {
    application.close();
    entities.close();
    registry.close();
  }

  private long left(Map<Integer, Long> offsets) {
    return offsets.entrySet().stream()
        .mapToLong(e -> Math.max(0, e.getValue() - position(e.getKey())))
        .sum();
  }

  private static boolean isCurrent(EntityLog entities, byte[] format) {
    byte[] stored = entities.get(FORMAT);
    return stored == null || (Arrays.equals(stored, format) && !isOutdated(entities));
  }

  /** Of which log the copy is, and what read and judged its events. */
  private static byte[] format(String topicId, Duration window) {
    long schema = SchemaNormalization.parsingFingerprint64(MemoryEvent.getClassSchema());
    byte[] id = topicId.getBytes(UTF_8);
    return ByteBuffer.allocate(Integer.BYTES + 2 * Long.BYTES + id.length)
        .putInt(LAYOUT)
        .putLong(schema)
        .putLong(window.toMillis())
        .put(id)
        .array();
  }

  private static RuntimeConfig runtime(RuntimeConfig views, Path state) {
    return new RuntimeConfig(
        views.names(),
        views.kafka(),
        state,
        null,
        1,
        views.maxBatch(),
        views.commitInterval(),
        views.checkInterval(),
        views.idempotencyWindow());
  }

  private static void delete(Path directory) {
    if (!Files.exists(directory)) {
      return;
    }
    try (Stream<Path> files = Files.walk(directory)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
