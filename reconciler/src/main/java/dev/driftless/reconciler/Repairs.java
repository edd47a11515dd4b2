package dev.driftless.reconciler;

import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.runtime.RepairRequest;
import dev.driftless.projectors.runtime.RepairRequests;
import dev.driftless.reconciler.log.EntityLog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/**
 * Has the divergences of one view mended by the projector that owns them, and looks again. Writes
 * to no store: a request says what the log says of an entity up to a cut, and whoever owns the
 * partition refuses it if something newer came in between; then it is asked for again.
 */
final class Repairs {

  private static final int CHUNK = 200;

  /** Entities that are looked at before the next are looked for. */
  private static final int REWRITTEN_AT_ONCE = 2_000;

  private static final String POSITIONS =
      "a position is mended by the view's projector alone, which then applies again what is missing: start it; if it stops with a line that says so, rebuild the view";
  private static final Duration ASK_AGAIN = Duration.ofSeconds(5);
  private static final Duration POLL = Duration.ofMillis(100);

  private final Inspector view;
  private final EntityLog log;
  private final String topicId;
  private final int partitions;
  private final SetAside setAside;
  private final RepairRequests requests;
  private final Supplier<Map<Integer, Long>> positions;
  private final Function<Collection<Entity>, List<Divergence>> check;
  private final RepairLimits limits;
  private final Progress progress;

  /**
   * @param positions of the view now, none beyond what the log's copy holds
   * @param check what of these entities differs now
   */
  Repairs(
      Inspector view,
      EntityLog log,
      String topicId,
      int partitions,
      SetAside setAside,
      RepairRequests requests,
      Supplier<Map<Integer, Long>> positions,
      Function<Collection<Entity>, List<Divergence>> check,
      RepairLimits limits,
      Progress progress) {
    this.view = view;
    this.log = log;
    this.topicId = topicId;
    this.partitions = partitions;
    this.setAside = setAside;
    this.requests = requests;
    this.positions = positions;
    this.check = check;
    this.limits = limits;
    this.progress = progress;
  }

  /** Mends what a check found. */
  RepairReport repair(ViewReport report) {
    List<Divergence> positionsLost =
        report.divergences().stream().filter(d -> d.entity().kind() == Kind.POSITION).toList();
    Set<Entity> differing = repairable(report.divergences());
    String refusal = refusal(report, differing.size());
    if (refusal != null) {
      return new RepairReport(view.view(), 0, 0, report.divergences(), null, refusal);
    }
    Path export = new Export(limits.exports()).write(view, differing);
    RepairReport mended =
        mend(differing, export, partition -> setAside.reasons(partition).keySet());
    return positionsLost.isEmpty() ? mended : mended.with(positionsLost, POSITIONS);
  }

  /** Has these entities written anew, whether or not they differ. */
  RepairReport rewrite(Collection<Entity> entities) {
    return mend(Set.copyOf(entities), null, partition -> Set.of());
  }

  /** Has everything that the log knows of compared, and written anew where it differs. */
  RepairReport rewriteAll() {
    Map<Integer, Long> below = positions.get();
    Rewriting rewriting = new Rewriting(entities(below));
    for (int bucket = 0; bucket < Entity.BUCKETS && rewriting.goesOn(); bucket++) {
      log.entities(
          view,
          bucket,
          partitions,
          below,
          (entity, offsets) -> {
            Set<Long> refused = setAside.reasons(entity.partition(partitions)).keySet();
            if (Collections.disjoint(offsets, refused)) {
              rewriting.add(entity);
            }
          });
    }
    rewriting.flush();
    return rewriting.report();
  }

  /** Some entities after the others, and what became of them. */
  private final class Rewriting {

    private final long all;
    private final long started = System.nanoTime();
    private final Set<Entity> some = new LinkedHashSet<>();
    private long compared;
    private long asked;
    private long mended;
    private List<Divergence> left = List.of();
    private @Nullable String refused;

    Rewriting(long all) {
      this.all = all;
    }

    /** Whoever did not serve some does not serve the next. */
    boolean goesOn() {
      return refused == null;
    }

    void add(Entity entity) {
      if (goesOn()) {
        some.add(entity);
      }
      if (some.size() >= REWRITTEN_AT_ONCE) {
        flush();
      }
    }

    void flush() {
      if (some.isEmpty()) {
        return;
      }
      Set<Entity> differing = repairable(check.apply(some));
      compared += some.size();
      some.clear();
      if (!differing.isEmpty()) {
        RepairReport report = rewrite(differing);
        asked += report.asked();
        mended += report.mended();
        left = report.left();
        refused = report.refused();
      }
      double seconds = (System.nanoTime() - started) / 1e9;
      progress.say(
          "%s: %,d of %,d keys compared, %,d written anew, %,.0f s left"
              .formatted(
                  view.view(),
                  compared,
                  all,
                  mended,
                  Math.max(0, all - compared) * seconds / compared));
    }

    RepairReport report() {
      return new RepairReport(view.view(), asked, mended, left, null, refused);
    }
  }

  private RepairReport mend(
      Set<Entity> differing, @Nullable Path export, IntFunction<Set<Long>> without) {
    long deadline = System.nanoTime() + limits.patience().toNanos();
    Collection<Entity> pending = differing;
    List<Divergence> left = List.of();
    String problem = null;
    while (!pending.isEmpty() && System.nanoTime() < deadline) {
      long askAgain = Math.min(deadline, System.nanoTime() + ASK_AGAIN.toNanos());
      try {
        problem = ask(pending, without);
        progress.say("%s: asked for %,d repairs".formatted(view.view(), pending.size()));
        do {
          Pause.of(POLL);
          left = check.apply(pending);
          pending = repairable(left);
        } while (!pending.isEmpty() && System.nanoTime() < askAgain);
      } catch (CannotTellException | KafkaException e) {
        problem = Lag.firstLine(e);
        Pause.of(POLL);
      } catch (RuntimeException e) {
        if (!view.isTransient(e)) {
          throw e;
        }
        problem = "its store does not answer: " + Lag.firstLine(e);
        Pause.of(POLL);
      }
    }
    if (!pending.isEmpty() && problem == null) {
      problem =
          "not mended within %d s: does the view's projector run, and is it not paused? What was asked for waits for it for a day"
              .formatted(limits.patience().toSeconds());
    }
    return new RepairReport(
        view.view(),
        differing.size(),
        differing.size() - pending.size(),
        left,
        export,
        pending.isEmpty() ? null : problem);
  }

  /**
   * As of the view's position, which its projector has reached, whatever the rows say of
   * themselves. Null if all could be asked for, else why some could not.
   */
  private @Nullable String ask(Collection<Entity> entities, IntFunction<Set<Long>> without) {
    Map<Integer, Long> now = positions.get();
    List<RepairRequest> some = new ArrayList<>(CHUNK);
    String refused = null;
    for (Entity entity : entities) {
      int partition = entity.partition(partitions);
      long asOf = now.getOrDefault(partition, 0L);
      some.add(
          new RepairRequest(
              view.view(),
              topicId,
              asOf,
              log.history(view, entity, partition, asOf, without.apply(partition))));
      if (some.size() == CHUNK) {
        refused = send(some, refused);
        some.clear();
      }
    }
    return send(some, refused);
  }

  private @Nullable String send(List<RepairRequest> some, @Nullable String refused) {
    try {
      requests.send(some);
      return refused;
    } catch (IllegalArgumentException e) {
      some.forEach(this::sendAlone);
      return e.getMessage();
    }
  }

  private void sendAlone(RepairRequest request) {
    try {
      requests.send(List.of(request));
    } catch (IllegalArgumentException e) {
      progress.say(String.valueOf(e.getMessage()));
    }
  }

  private @Nullable String refusal(ViewReport report, long differing) {
    if (report.divergenceCount() > report.divergences().size()) {
      return "%,d divergences are more than can be repaired one by one: rebuild the view (driftless rebuild %s)"
          .formatted(report.divergenceCount(), view.view());
    }
    if (differing == 0) {
      return null;
    }
    long all = Math.max(1, entities(positions.get()));
    double percent = 100.0 * differing / all;
    if (percent <= limits.maxPercent()) {
      return null;
    }
    return "%,d of %,d keys differ, %.1f %%, and at most %.1f %% are repaired: look for the cause first; then allow more (--max-percent, maxPercent), or rebuild the view (driftless rebuild %s)"
        .formatted(differing, all, percent, limits.maxPercent(), view.view());
  }

  /** How many entities of the view the log knows, counted as the differing ones are. */
  private long entities(Map<Integer, Long> below) {
    long[] count = new long[1];
    for (int bucket = 0; bucket < Entity.BUCKETS; bucket++) {
      log.entities(view, bucket, partitions, below, (entity, offsets) -> count[0]++);
    }
    return count[0];
  }

  private static Set<Entity> repairable(List<Divergence> divergences) {
    return divergences.stream()
        .map(Divergence::entity)
        .filter(entity -> entity.kind() != Kind.POSITION)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }
}
