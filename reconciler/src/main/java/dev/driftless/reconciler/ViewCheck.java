package dev.driftless.reconciler;

import dev.driftless.projectors.BucketDigests;
import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.Held;
import dev.driftless.projectors.History;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.ReadCost;
import dev.driftless.reconciler.Divergence.State;
import dev.driftless.reconciler.ViewLag.PartitionLag;
import dev.driftless.reconciler.log.EntityLog;
import dev.driftless.schemas.RegistryUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One check of one view: what it holds beside what the log says. Every comparison is at a cut: the
 * view says up to which offset it shows an entity, and the log's copy says what the entity was
 * there; so what is under way is never taken for a divergence. Used once, by one thread.
 */
final class ViewCheck {

  private static final Logger LOG = LoggerFactory.getLogger(ViewCheck.class);

  private static final int CHUNK = 500;

  /**
   * How often an entity has to differ, each time at a new cut, before that is told: a store may be
   * wiped, put back or taken over between two answers.
   */
  private static final int ATTEMPTS = 3;

  private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(150);

  /** So many that it does not matter any more whether some of them were under way. */
  private static final int MANY = 1_000;

  private static final Duration REMINDER = Duration.ofSeconds(2);

  private final Inspector view;
  private final LogCopy copy;
  private final EntityLog log;
  private final Lag lag;
  private final SetAside setAside;
  private final Notes notes;
  private final Progress progress;
  private final Runnable meanwhile;

  private final long started = System.nanoTime();
  private final ReadCost costBefore;
  private final Map<Place, Divergence> divergences = new LinkedHashMap<>();
  private final Map<Place, Divergence> deadLetters = new LinkedHashMap<>();
  private final Set<Entity> chunk = new LinkedHashSet<>();
  private Map<Integer, Long> ends = Map.of();
  private long divergenceCount;
  private long compared;
  private long told = started;

  /**
   * @param meanwhile is run every few seconds while the check goes on
   */
  ViewCheck(
      Inspector view,
      LogCopy copy,
      Lag lag,
      SetAside setAside,
      Notes notes,
      Progress progress,
      Runnable meanwhile) {
    this.view = view;
    this.copy = copy;
    this.log = copy.entities();
    this.lag = lag;
    this.setAside = setAside;
    this.notes = notes;
    this.progress = progress;
    this.meanwhile = meanwhile;
    this.costBefore = view.cost();
  }

  /**
   * Compares what changed since the last check, and what was wrong then. Costs the store what
   * changed.
   */
  ViewReport changes() {
    return report(
        false,
        positions -> {
          Map<Integer, Long> from = notes.verifiedTo(view.view());
          positions.forEach((p, to) -> changed(p, from.getOrDefault(p, 0L), to));
          notes.open(view.view()).forEach(this::add);
          flush();
        });
  }

  /** Compares everything, recomputed from what is stored. */
  ViewReport everything() {
    return report(
        true,
        positions -> {
          BitSet suspects = suspects();
          suspects.stream()
              .forEach(
                  bucket ->
                      log.entities(
                          view, bucket, ends.size(), positions, (entity, at) -> add(entity)));
          flush();
          unknown(suspects, positions).forEach(this::add);
          flush();
        });
  }

  /**
   * What these entities differ in now, dead letters or not; confirmed like any other difference.
   */
  List<Divergence> only(Collection<Entity> entities) {
    ends = lag.logEnds();
    entities.forEach(this::add);
    flush();
    return Stream.concat(divergences.values().stream(), deadLetters.values().stream()).toList();
  }

  private ViewReport report(boolean deep, Consumer<Map<Integer, Long>> check) {
    try {
      Map<Integer, Long> positions = positions();
      copy.await(positions);
      check.accept(positions);
      // more than can be named are looked for again from the beginning
      boolean all = divergenceCount <= ViewReport.SHOWN;
      notes.verified(view.view(), all ? positions : Map.of(), open());
      return report(deep, positions, null);
    } catch (CannotTellException e) {
      return interrupted(deep, String.valueOf(e.getMessage()));
    } catch (KafkaException | RegistryUnavailableException e) {
      return interrupted(deep, Lag.firstLine(e));
    } catch (RuntimeException e) {
      if (view.isTransient(e)) {
        return interrupted(deep, "its store does not answer: " + Lag.firstLine(e));
      }
      LOG.error("view={} the check failed", view.view(), e);
      return interrupted(
          deep, "the check failed: %s: %s".formatted(e.getClass().getName(), Lag.firstLine(e)));
    }
  }

  /** What was found until then is not forgotten. */
  private ViewReport interrupted(boolean deep, String why) {
    Set<Entity> open = new LinkedHashSet<>(notes.open(view.view()));
    open.addAll(open());
    notes.verified(view.view(), notes.verifiedTo(view.view()), List.copyOf(open));
    return report(deep, Map.of(), why);
  }

  private ViewReport report(boolean deep, Map<Integer, Long> positions, @Nullable String unknown) {
    return new ViewReport(
        view.view(),
        deep,
        compared,
        new TreeMap<>(positions),
        List.copyOf(divergences.values()),
        divergenceCount,
        List.copyOf(deadLetters.values()),
        view.cost().since(costBefore),
        Duration.ofNanos(System.nanoTime() - started),
        unknown);
  }

  private List<Entity> open() {
    return Stream.concat(divergences.values().stream(), deadLetters.values().stream())
        .map(Divergence::entity)
        .filter(entity -> entity.kind() != Kind.POSITION)
        .distinct()
        .toList();
  }

  /**
   * The positions to which the view is compared. What was committed is read first: the store
   * acknowledged that before, so a position below it is a loss, whatever goes on meanwhile.
   */
  private Map<Integer, Long> positions() {
    Map<Integer, Long> committed = lag.committed(view.view());
    ViewLag now = lag.read(view.view());
    if (!now.isKnown()) {
      throw new CannotTellException(String.valueOf(now.problem()));
    }
    notes.of(view.view(), now.generation());
    Map<Integer, Long> verified = notes.verifiedTo(view.view());
    Map<Integer, Long> positions = new TreeMap<>();
    Map<Integer, Long> newEnds = new TreeMap<>();
    for (PartitionLag at : now.partitions()) {
      positions.put(at.partition(), Math.min(at.position(), at.end()));
      newEnds.put(at.partition(), at.end());
      long atLeast =
          Math.max(
              committed.getOrDefault(at.partition(), 0L),
              verified.getOrDefault(at.partition(), 0L));
      compared++;
      if (at.position() < atLeast && isLoss(at.partition(), at.position(), atLeast)) {
        differs(position(at, Divergence.Kind.STALE, atLeast));
      } else if (at.position() > at.end()) {
        differs(position(at, Divergence.Kind.CORRUPT, at.end()));
      }
    }
    ends = newEnds;
    if (now.problem() != null && divergenceCount == 0) {
      throw new CannotTellException(now.problem());
    }
    return positions;
  }

  /** Kafka Streams may commit behind control records, which nobody applies. */
  private boolean isLoss(int partition, long position, long atLeast) {
    copy.await(capped(Map.of(partition, atLeast)));
    boolean[] record = new boolean[1];
    log.records(partition, position, atLeast, r -> record[0] = true);
    return record[0];
  }

  private Divergence position(PartitionLag at, Divergence.Kind kind, long expected) {
    return new Divergence(
        view.view(),
        Entity.position(at.partition()),
        "",
        kind,
        new State(expected, ""),
        new State(at.position(), ""),
        null);
  }

  private void changed(int partition, long verified, long to) {
    // a position that went back says that the store is another one
    long from = verified > to ? 0 : verified;
    boolean records = view.sources().contains(Kind.RECORD);
    log.records(
        partition,
        from,
        to,
        r -> {
          if (records) {
            add(Entity.record(r.partition(), r.offset()));
            return;
          }
          Entity source = r.disposition() == Disposition.APPLY ? Entity.of(r.event()) : null;
          if (source != null && view.sources().contains(source.kind())) {
            view.changedBy(source).forEach(this::add);
          }
        });
  }

  /** The buckets whose digest is not what the log gives; all of them if the store has none. */
  private BitSet suspects() {
    BitSet suspects = new BitSet(Entity.BUCKETS);
    BucketDigests held = view.buckets();
    if (held == null) {
      suspects.set(0, Entity.BUCKETS);
      return suspects;
    }
    copy.await(capped(held.positions()));
    for (int bucket = 0; bucket < Entity.BUCKETS; bucket++) {
      suspects.set(bucket, !isDigest(bucket, held));
    }
    return suspects;
  }

  private boolean isDigest(int bucket, BucketDigests held) {
    try {
      return digest(bucket, held.positions()) == held.digests()[bucket];
    } catch (RuntimeException e) {
      if (view.isTransient(e)) {
        throw e;
      }
      return false; // of an event that the view cannot apply either: key by key it will be told
    }
  }

  private long digest(int bucket, Map<Integer, Long> positions) {
    long[] digest = new long[1];
    long[] records = new long[1];
    List<History> some = new ArrayList<>(CHUNK);
    Runnable fold =
        () -> {
          view.expected(some).forEach(rows -> rows.forEach(row -> digest[0] ^= row.digest()));
          compared += some.size();
          some.clear();
          remind();
        };
    log.histories(
        view,
        bucket,
        ends.size(),
        positions,
        history -> {
          some.add(history);
          records[0] += history.records().size();
          if (some.size() == CHUNK || records[0] > EntityCheck.RECORDS_AT_ONCE) {
            fold.run();
            records[0] = 0;
          }
        });
    fold.run();
    return digest[0];
  }

  /**
   * What the view holds and the log does not know. Nothing is read from the view meanwhile: it may
   * be telling them from within one snapshot.
   */
  private Set<Entity> unknown(BitSet suspects, Map<Integer, Long> positions) {
    Set<Entity> unknown = new LinkedHashSet<>();
    view.entities(
        suspects,
        entity -> {
          if (unknown.size() < ViewReport.SHOWN && isUnknown(entity, positions)) {
            unknown.add(entity);
          }
        });
    return unknown;
  }

  private boolean isUnknown(Entity entity, Map<Integer, Long> positions) {
    int partition = entity.partition(ends.size());
    long below = positions.getOrDefault(partition, 0L);
    return entity.kind() == Kind.STRAY || log.offsets(view, entity, below, Set.of()).isEmpty();
  }

  private void add(Entity entity) {
    chunk.add(entity);
    if (chunk.size() == CHUNK) {
      flush();
    }
  }

  private void flush() {
    List<Entity> pending = List.copyOf(chunk);
    chunk.clear();
    compared += pending.size();
    for (int attempt = 1; !pending.isEmpty(); attempt++) {
      Map<Entity, List<Divergence>> differing = differing(pending);
      if (attempt == ATTEMPTS) {
        differing.values().forEach(all -> all.forEach(this::differs));
        return;
      }
      pending = List.copyOf(differing.keySet());
      pause(pending);
      if (attempt == ATTEMPTS - 1 && divergenceCount <= MANY) {
        setAside.refresh();
      }
    }
    remind();
  }

  private Map<Entity, List<Divergence>> differing(List<Entity> entities) {
    List<Held> held = view.read(entities);
    awaitCut(held);
    return new EntityCheck(view, log, setAside, ends.size()).differing(held);
  }

  /** The copy must be as far as the furthest of what the store showed. */
  private void awaitCut(List<Held> held) {
    Map<Integer, Long> furthest = new HashMap<>();
    for (Held h : held) {
      furthest.merge(h.entity().partition(ends.size()), h.asOf(), Math::max);
    }
    copy.await(capped(furthest));
  }

  /** A cut beyond the log's end is a store's error, not something to wait for. */
  private Map<Integer, Long> capped(Map<Integer, Long> offsets) {
    boolean ahead =
        offsets.entrySet().stream().anyMatch(e -> e.getValue() > copy.position(e.getKey()));
    if (!ahead) {
      return Map.of();
    }
    Map<Integer, Long> now = lag.logEnds();
    Map<Integer, Long> capped = new HashMap<>();
    offsets.forEach((p, offset) -> capped.put(p, Math.min(offset, now.getOrDefault(p, 0L))));
    return capped;
  }

  private void differs(Divergence divergence) {
    Place place = new Place(divergence.entity(), divergence.row());
    if (divergence.deadLetter() != null) {
      if (deadLetters.size() < ViewReport.SHOWN) {
        deadLetters.put(place, divergence);
      }
    } else if (divergences.containsKey(place) || divergences.size() < ViewReport.SHOWN) {
      divergenceCount += divergences.put(place, divergence) == null ? 1 : 0;
    } else {
      divergenceCount++;
    }
  }

  private void pause(List<Entity> pending) {
    if (!pending.isEmpty() && divergenceCount <= MANY) {
      Pause.of(BETWEEN_ATTEMPTS);
    }
  }

  private void remind() {
    long now = System.nanoTime();
    if (now - told > REMINDER.toNanos()) {
      told = now;
      progress.say("%s: %,d keys compared".formatted(view.view(), compared));
      meanwhile.run();
    }
  }

  private record Place(Entity entity, String row) {}
}
