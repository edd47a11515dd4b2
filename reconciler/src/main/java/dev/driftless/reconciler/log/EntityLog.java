package dev.driftless.reconciler.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.projectors.Batch;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.Fence;
import dev.driftless.projectors.FencedException;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.LogRecord;
import dev.driftless.projectors.Position;
import dev.driftless.projectors.audit.AuditChain;
import dev.driftless.schemas.EventDecoder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.LRUCache;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * The log on disk, as the views see it: every record with its disposition, and for every entity
 * where its events are. What an entity is at any position of any view is a function of its records
 * below that position, so a view is never too far behind or ahead to be compared.
 *
 * <p>A copy: where it is lost, or of another log, it is filled again from the log. Needs about as
 * much disk as the log, and a bounded amount of memory outside the heap. Errors of the disk are
 * {@link UncheckedIOException}. Safe for one writer and any number of readers.
 */
public final class EntityLog implements AutoCloseable {

  private static final String VIEW = "reconciler";
  private static final long CACHE_BYTES = 48L << 20;
  private static final long WRITE_BUFFER_BYTES = 16L << 20;
  private static final byte[] NOTHING = {};

  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private final EventDecoder decoder;
  private final LRUCache cache = new LRUCache(CACHE_BYTES);
  private final BloomFilter bloom = new BloomFilter(10);
  private final ColumnFamilyOptions family;
  private final DBOptions options;
  private final RocksDB db;
  private final ColumnFamilyHandle meta;
  private final ColumnFamilyHandle records;
  private final ColumnFamilyHandle entities;
  private boolean closed;

  private EntityLog(Path directory, EventDecoder decoder) throws RocksDBException {
    this.decoder = decoder;
    this.family =
        new ColumnFamilyOptions()
            .setWriteBufferSize(WRITE_BUFFER_BYTES)
            .setCompressionType(CompressionType.LZ4_COMPRESSION)
            .setTableFormatConfig(
                new BlockBasedTableConfig()
                    .setBlockCache(cache)
                    .setCacheIndexAndFilterBlocks(true)
                    .setFilterPolicy(bloom)
                    .setBlockSize(8 << 10));
    this.options =
        new DBOptions()
            .setCreateIfMissing(true)
            .setCreateMissingColumnFamilies(true)
            .setMaxOpenFiles(256)
            .setKeepLogFileNum(1);
    List<ColumnFamilyHandle> handles = new ArrayList<>();
    this.db =
        RocksDB.open(
            options,
            directory.toString(),
            List.of(
                new ColumnFamilyDescriptor(RocksDB.DEFAULT_COLUMN_FAMILY, family),
                new ColumnFamilyDescriptor("records".getBytes(UTF_8), family),
                new ColumnFamilyDescriptor("entities".getBytes(UTF_8), family)),
            handles);
    this.meta = handles.get(0);
    this.records = handles.get(1);
    this.entities = handles.get(2);
  }

  /**
   * Opens the copy in this directory, which is made if it is not there. It holds the text of
   * memories; only its owner may read it.
   *
   * @param decoder reads the events; not closed by this
   * @throws IllegalStateException if another process has it open, or others might read it
   */
  public static EntityLog open(Path directory, EventDecoder decoder) {
    RocksDB.loadLibrary();
    try {
      Files.createDirectories(directory);
      keepFromOthers(directory);
      return new EntityLog(directory, decoder);
    } catch (RocksDBException e) {
      if (String.valueOf(e.getMessage()).contains("While lock file")) {
        throw new IllegalStateException(
            "%s is in use: another reconciler runs with this directory; stop it, or give this one a directory of its own"
                .formatted(directory),
            e);
      }
      throw new IllegalStateException(
          "%s cannot be read (%s): delete it, it is filled again"
              .formatted(directory, e.getMessage()),
          e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void keepFromOthers(Path directory) {
    try {
      Files.setPosixFilePermissions(directory, OWNER_ONLY);
    } catch (IOException e) {
      throw new IllegalStateException(
          "%s cannot be kept from other users (%s): give this reconciler a directory of its own"
              .formatted(directory, e),
          e);
    }
  }

  /** What it holds of this partition. */
  public synchronized Fence stored(int partition) {
    if (closed) {
      throw new IllegalStateException("the copy of the log is closed");
    }
    byte[] bytes = get("position " + partition);
    if (bytes == null) {
      return Fence.NONE;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    long epoch = in.getLong();
    long offset = in.getLong();
    Instant logTime = Instant.ofEpochMilli(in.getLong());
    String topicId = UTF_8.decode(in).toString();
    return new Fence(epoch, topicId.isEmpty() ? null : new Position(topicId, offset, logTime));
  }

  synchronized Fence acquire(int partition) {
    Fence stored = stored(partition);
    Fence acquired =
        new Fence(Math.max(stored.epoch() + 1, System.currentTimeMillis()), stored.position());
    put("position " + partition, bytes(acquired));
    return acquired;
  }

  synchronized void apply(Batch batch) {
    Fence stored = stored(batch.partition());
    if (stored.epoch() != batch.epoch() || stored.offset() != batch.from()) {
      throw new FencedException(VIEW, batch.partition(), batch.epoch());
    }
    byte[] chain = get("chain " + batch.partition());
    if (chain == null || stored.position() == null) {
      chain = AuditChain.genesis(batch.to().topicId(), batch.partition());
    }
    try (WriteBatch write = new WriteBatch();
        WriteOptions how = new WriteOptions()) {
      for (LogRecord r : batch.records()) {
        write.put(
            records, LogKeys.record(r.partition(), r.offset()), StoredRecord.of(r, chain).bytes());
        chain = AuditChain.next(chain, r);
        Entity entity = r.disposition() == Disposition.APPLY ? Entity.of(r.event()) : null;
        if (entity != null) {
          write.put(entities, LogKeys.entity(entity, r.offset()), NOTHING);
        }
      }
      write.put(meta, key("chain " + batch.partition()), chain);
      write.put(
          meta, key("position " + batch.partition()), bytes(new Fence(batch.epoch(), batch.to())));
      db.write(how, write);
    } catch (RocksDBException e) {
      throw failed(e);
    }
  }

  /** The records of a partition from one offset until before another, in order. */
  public void records(int partition, long from, long to, Consumer<LogRecord> consumer) {
    try (Slice end = new Slice(LogKeys.record(partition, Math.max(from, to)));
        ReadOptions options = new ReadOptions().setIterateUpperBound(end);
        RocksIterator at = db.newIterator(records, options)) {
      for (at.seek(LogKeys.record(partition, from)); at.isValid(); at.next()) {
        long offset = ByteBuffer.wrap(at.key()).getLong(Integer.BYTES);
        consumer.accept(StoredRecord.of(at.value()).record(partition, offset, decoder));
      }
      at.status();
    } catch (RocksDBException e) {
      throw failed(e);
    }
  }

  /**
   * What the log says of one entity of a view.
   *
   * @param partition of the entity
   * @param below records from this offset on are left out
   * @param without offsets that are left out
   */
  public History history(
      Inspector view, Entity entity, int partition, long below, Set<Long> without) {
    List<Long> offsets = offsets(view, entity, below, without);
    if (entity.kind() != Kind.RECORD || offsets.isEmpty()) {
      return history(entity, partition, offsets);
    }
    StoredRecord stored = stored(partition, entity.offset());
    return new History(
        entity, List.of(stored.record(partition, entity.offset(), decoder)), stored.chainBefore());
  }

  /**
   * Where the events of an entity are, without reading them: in order; of a subject, the last one.
   */
  public List<Long> offsets(Inspector view, Entity entity, long below, Set<Long> without) {
    if (entity.kind() == Kind.RECORD) {
      long offset = entity.offset();
      boolean known = offset < below && find(entity.recordPartition(), offset) != null;
      return known ? List.of(offset) : List.of();
    }
    byte[] prefix =
        switch (entity.kind()) {
          case SUBJECT -> LogKeys.subject(entity);
          case SESSION -> LogKeys.session(entity);
          default -> LogKeys.entity(entity);
        };
    List<Long> offsets = new ArrayList<>();
    scan(
        prefix,
        (source, offset) -> {
          if (offset < below
              && !without.contains(offset)
              && view.sources().contains(source.kind())
              && view.changedBy(source).contains(entity)) {
            if (entity.kind() == Kind.SUBJECT && !offsets.isEmpty()) {
              offsets.set(0, Math.max(offsets.get(0), offset));
            } else {
              offsets.add(offset);
            }
          }
        });
    Collections.sort(offsets);
    return offsets;
  }

  /**
   * Every entity of the view in this bucket with what the log says of it below the positions. Those
   * of a subject come together; the memory this takes is that of one subject.
   *
   * @param below position of each partition; of those that are absent nothing is told
   */
  public void histories(
      Inspector view,
      int bucket,
      int partitions,
      Map<Integer, Long> below,
      Consumer<History> consumer) {
    entities(
        view,
        bucket,
        partitions,
        below,
        (entity, offsets) -> {
          int partition = entity.partition(partitions);
          consumer.accept(
              entity.kind() == Kind.RECORD
                  ? history(view, entity, partition, Long.MAX_VALUE, Set.of())
                  : history(entity, partition, offsets));
        });
  }

  /** As {@link #histories}, without reading the records: where the events of each entity are. */
  public void entities(
      Inspector view,
      int bucket,
      int partitions,
      Map<Integer, Long> below,
      BiConsumer<Entity, List<Long>> consumer) {
    if (view.sources().contains(Kind.RECORD)) {
      below.forEach((partition, end) -> recordsOf(bucket, partition, end, consumer));
      return;
    }
    Map<Entity, List<Long>> offsets = new LinkedHashMap<>();
    Entity[] subject = new Entity[1];
    scan(
        LogKeys.bucket(bucket),
        (source, offset) -> {
          Entity of = source.ofSubject();
          if (!of.equals(subject[0])) {
            tell(offsets, consumer);
            subject[0] = of;
          }
          add(offsets, view, source, offset, below.getOrDefault(of.partition(partitions), 0L));
        });
    tell(offsets, consumer);
  }

  /** A note of the reconciler's, kept beside the copy of the log; null if there is none. */
  public byte @Nullable [] get(String note) {
    try {
      return db.get(meta, key(note));
    } catch (RocksDBException e) {
      throw failed(e);
    }
  }

  /** Keeps a note. */
  public void put(String note, byte[] bytes) {
    try {
      db.put(meta, key(note), bytes);
    } catch (RocksDBException e) {
      throw failed(e);
    }
  }

  /** Entities as bytes, for a note. */
  public static byte[] bytes(List<Entity> entities) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Entity entity : entities) {
      byte[] key = LogKeys.entity(entity);
      bytes.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(key.length).array());
      bytes.writeBytes(key);
    }
    return bytes.toByteArray();
  }

  /** The entities that {@link #bytes} wrote. */
  public static List<Entity> entities(byte[] bytes) {
    List<Entity> entities = new ArrayList<>();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    while (in.hasRemaining()) {
      byte[] key = new byte[in.getInt()];
      in.get(key);
      entities.add(LogKeys.entity(key));
    }
    return entities;
  }

  /** A stream thread that did not stop in time finds it closed. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    records.close();
    entities.close();
    meta.close();
    db.close();
    family.close();
    options.close();
    bloom.close();
    cache.close();
  }

  private static void tell(
      Map<Entity, List<Long>> offsets, BiConsumer<Entity, List<Long>> consumer) {
    offsets.forEach((entity, at) -> consumer.accept(entity, at.stream().sorted().toList()));
    offsets.clear();
  }

  private void recordsOf(
      int bucket, int partition, long end, BiConsumer<Entity, List<Long>> consumer) {
    long first = Math.floorMod(bucket - 31L * partition, (long) Entity.BUCKETS);
    for (long block = first; block * Entity.RECORDS_PER_BUCKET < end; block += Entity.BUCKETS) {
      byte[] upper =
          LogKeys.record(partition, Math.min(end, (block + 1) * Entity.RECORDS_PER_BUCKET));
      try (Slice bound = new Slice(upper);
          ReadOptions within = new ReadOptions().setIterateUpperBound(bound);
          RocksIterator at = db.newIterator(records, within)) {
        for (at.seek(LogKeys.record(partition, block * Entity.RECORDS_PER_BUCKET));
            at.isValid();
            at.next()) {
          long offset = ByteBuffer.wrap(at.key()).getLong(Integer.BYTES);
          consumer.accept(Entity.record(partition, offset), List.of(offset));
        }
        at.status();
      } catch (RocksDBException e) {
        throw failed(e);
      }
    }
  }

  private static void add(
      Map<Entity, List<Long>> offsets, Inspector view, Entity source, long offset, long below) {
    if (offset >= below || !view.sources().contains(source.kind())) {
      return;
    }
    for (Entity entity : view.changedBy(source)) {
      List<Long> of = offsets.computeIfAbsent(entity, e -> new ArrayList<>());
      if (entity.kind() == Kind.SUBJECT && !of.isEmpty()) {
        of.set(0, Math.max(of.get(0), offset));
      } else {
        of.add(offset);
      }
    }
  }

  private History history(Entity entity, int partition, List<Long> offsets) {
    List<LogRecord> history = new ArrayList<>(offsets.size());
    for (long offset : offsets) {
      history.add(stored(partition, offset).record(partition, offset, decoder));
    }
    return new History(entity, history);
  }

  private StoredRecord stored(int partition, long offset) {
    StoredRecord stored = find(partition, offset);
    if (stored == null) {
      throw new IllegalStateException(
          "partition=%d offset=%d is not in the copy of the log: delete the reconciler's directory, it is filled again"
              .formatted(partition, offset));
    }
    return stored;
  }

  private @Nullable StoredRecord find(int partition, long offset) {
    try {
      byte[] bytes = db.get(records, LogKeys.record(partition, offset));
      return bytes == null ? null : StoredRecord.of(bytes);
    } catch (RocksDBException e) {
      throw failed(e);
    }
  }

  private interface Place {
    void at(Entity source, long offset);
  }

  private void scan(byte[] prefix, Place place) {
    try (RocksIterator at = db.newIterator(entities)) {
      for (at.seek(prefix); at.isValid() && LogKeys.hasPrefix(at.key(), prefix); at.next()) {
        byte[] key = at.key();
        place.at(LogKeys.entity(key), LogKeys.offset(key));
      }
      // an iterator that cannot read on looks like one at the end
      at.status();
    } catch (RocksDBException e) {
      throw failed(e);
    }
  }

  private static byte[] bytes(Fence fence) {
    Position position = fence.position();
    byte[] topicId = position == null ? NOTHING : position.topicId().getBytes(UTF_8);
    return ByteBuffer.allocate(3 * Long.BYTES + topicId.length)
        .putLong(fence.epoch())
        .putLong(fence.offset())
        .putLong(position == null ? 0 : position.logTime().toEpochMilli())
        .put(topicId)
        .array();
  }

  private static byte[] key(String note) {
    return note.getBytes(UTF_8);
  }

  private static UncheckedIOException failed(RocksDBException e) {
    return new UncheckedIOException(new IOException("the reconciler's copy of the log", e));
  }
}
