package dev.driftless.projectors.cache;

import dev.driftless.projectors.BucketDigests;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.Held;
import dev.driftless.projectors.HeldRow;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.ReadCost;
import dev.driftless.projectors.cache.SubjectRead.Found;
import dev.driftless.schemas.Names;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import java.util.ArrayList;
import java.util.Base64;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Says what the view {@code cache} holds. Keys are those of {@link CacheProjector}; rows are
 *
 * <pre>
 * entity    row                    from                                              gone at
 * MEMORY    memories               its member in memories                            its score
 *           memory                 memory:&lt;id&gt;                                       the key's expiry
 * PATTERN   patterns               its field in patterns                             never
 *           reinforcements         its field in reinforcements                       never
 * SESSION   sessions               its member in sessions                            its score
 *           session                session:&lt;s&gt;                                       the key's expiry
 *           messages@&lt;stream id&gt;   an entry of session:&lt;s&gt;:messages                  its expiresAt
 *           messages               that key's life                                   with its last entry
 *           open-tool-calls@&lt;id&gt;   a field of session:&lt;s&gt;:open-tool-calls            its expiresAt
 *           open-tool-calls        that key's life                                   with its last field
 * SUBJECT   applied                applied                                           never
 * STRAY     the key itself         a key of the installation that no event makes     its expiry
 * </pre>
 *
 * <p>A member, a field or the last entry of a key that lives shorter is gone when its key is. A key
 * of the right name and the wrong type is a stray, and a row that matches nothing in what it is of.
 *
 * <p>Position, {@code applied} and rows of a subject's entities are read in one step, so that the
 * rows show exactly the events below the higher of the position and {@code applied} + 1. An event
 * of a session, step, message or tool call that names no session is not of this view.
 */
public final class CacheInspector implements Inspector {

  private static final Script READ = Script.read("read.lua");

  /** No script holds the server up for more than some milliseconds. */
  private static final int MAX_ENTITIES_PER_CALL = 100;

  private static final int KEYS_PER_SCAN = 1_000;

  private final Names names;
  private final int partitions;
  private final Projection projection;
  private final RedisLink redis;
  private ReadCost cost = ReadCost.NONE;

  private CacheInspector(Names names, CacheConfig config, int partitions) {
    this.names = names;
    this.partitions = partitions;
    this.projection = new Projection(names, new EventWrites(names, config));
    this.redis = new RedisLink(config);
  }

  /**
   * Connects when first asked.
   *
   * @param config the projector's
   * @param partitions of the log
   */
  public static CacheInspector open(Names names, CacheConfig config, int partitions) {
    return new CacheInspector(names, config, partitions);
  }

  @Override
  public String view() {
    return CacheProjector.VIEW;
  }

  @Override
  public Set<Kind> sources() {
    return Set.of(
        Kind.MEMORY, Kind.PATTERN, Kind.SESSION, Kind.MESSAGE, Kind.CHECKPOINT, Kind.TOOL_CALL);
  }

  @Override
  public List<Entity> changedBy(Entity source) {
    return switch (source.kind()) {
      case MEMORY, PATTERN -> List.of(source, source.ofSubject());
      case SESSION, MESSAGE, CHECKPOINT, TOOL_CALL ->
          source.session().isEmpty() ? List.of() : List.of(source.ofSession(), source.ofSubject());
      default -> List.of();
    };
  }

  @Override
  public List<List<HeldRow>> expected(List<History> histories) {
    return histories.stream().map(this::expected).toList();
  }

  @Override
  public List<Held> read(List<Entity> entities) {
    Map<Entity, Found> found = find(entities);
    return entities.stream()
        .map(
            entity -> {
              Found of = Objects.requireNonNull(found.get(entity));
              return new Held(entity, of.asOf(), of.items().stream().map(HeldItem::row).toList());
            })
        .toList();
  }

  @Override
  public @Nullable BucketDigests buckets() {
    return null;
  }

  @Override
  public void entities(BitSet buckets, Consumer<Entity> found) {
    cost = cost.plus(new ReadCost(redis.run(r -> r.dbsize()), 0));
    ScanArgs mine = ScanArgs.Builder.matches(CacheKeys.prefix(names) + "*").limit(KEYS_PER_SCAN);
    Set<String> positions =
        IntStream.range(0, partitions)
            .mapToObj(partition -> CacheKeys.position(names, partition))
            .collect(Collectors.toSet());
    ScanCursor at = ScanCursor.INITIAL;
    do {
      ScanCursor from = at;
      KeyScanCursor<String> some = redis.run(r -> r.scan(from, mine));
      tell(some.getKeys(), positions, buckets, found);
      at = some;
    } while (!at.isFinished());
  }

  @Override
  public List<String> contents(Entity entity) {
    if (entity.kind() == Entity.Kind.STRAY) {
      return dumped(entity.id());
    }
    return find(List.of(entity)).values().stream()
        .flatMap(found -> found.items().stream())
        .map(HeldItem::json)
        .toList();
  }

  /** As Redis serializes it, for RESTORE: it can be of any type. */
  private List<String> dumped(String key) {
    byte[] dump = redis.run(r -> r.dump(key));
    if (dump == null) {
      return List.of();
    }
    String value = Base64.getEncoder().encodeToString(dump);
    return List.of(Fields.json(new TreeMap<>(Map.of("key", key, "dump", value))));
  }

  @Override
  public ReadCost cost() {
    return cost;
  }

  @Override
  public boolean isTransient(Exception e) {
    return RedisErrors.isTransient(e);
  }

  @Override
  public void close() {
    redis.close();
  }

  private List<HeldRow> expected(History history) {
    List<Place> places = Place.of(names, history.entity());
    return HeldItems.of(places, projection.of(history, places)).stream()
        .map(HeldItem::row)
        .toList();
  }

  private Map<Entity, Found> find(List<Entity> entities) {
    Map<Entity, SubjectRead> open = new HashMap<>();
    List<SubjectRead> reads = new ArrayList<>();
    for (Entity entity : entities) {
      Entity subject = entity.ofSubject();
      SubjectRead read = open.get(subject);
      if (read == null || read.entities() == MAX_ENTITIES_PER_CALL) {
        read = new SubjectRead(names, entity.partition(partitions), subject);
        open.put(subject, read);
        reads.add(read);
      }
      read.add(entity);
    }
    List<List<Object>> answers = redis.read(READ, reads.stream().map(SubjectRead::call).toList());
    Map<Entity, Found> found = new HashMap<>();
    for (int i = 0; i < reads.size(); i++) {
      found.putAll(reads.get(i).found(answers.get(i)));
    }
    found.values().forEach(f -> count(f.items().size()));
    return found;
  }

  private void count(int items) {
    cost = cost.plus(new ReadCost(Math.max(1, items), items));
  }

  private void tell(
      List<String> keys, Set<String> positions, BitSet buckets, Consumer<Entity> found) {
    List<String> types = redis.runEach(keys, r -> r::type);
    List<KnownKey> indexes = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      String key = keys.get(i);
      String type = types.get(i);
      KnownKey known = KnownKey.of(names, key);
      String right = positions.contains(key) ? "hash" : known == null ? "" : known.type();
      if (!type.equals(right) && !type.equals(Stored.NOTHING.type())) {
        found.accept(Entity.stray(key));
      } else if (known != null && buckets.get(known.entity().bucket())) {
        if (known.index()) {
          indexes.add(known);
        } else {
          found.accept(known.entity());
        }
      }
    }
    cost = cost.plus(new ReadCost(0, keys.size()));
    List<KnownKey> zsets = indexes.stream().filter(i -> i.type().equals("zset")).toList();
    List<KnownKey> hashes = indexes.stream().filter(i -> i.type().equals("hash")).toList();
    tellMembers(zsets, redis.runEach(zsets, r -> i -> r.zrange(i.key(), 0, -1)), found);
    tellMembers(hashes, redis.runEach(hashes, r -> i -> r.hkeys(i.key())), found);
  }

  private void tellMembers(
      List<KnownKey> indexes, List<List<String>> members, Consumer<Entity> found) {
    for (int i = 0; i < indexes.size(); i++) {
      KnownKey index = indexes.get(i);
      List<String> ids = members.get(i);
      ids.forEach(id -> found.accept(index.member(id)));
      cost = cost.plus(new ReadCost(ids.size(), ids.size()));
    }
  }
}
