package dev.driftless.reconciler;

import dev.driftless.projectors.Disposition;
import dev.driftless.projectors.Entity;
import dev.driftless.projectors.Entity.Kind;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.projectors.app.Views;
import dev.driftless.projectors.runtime.DeadLetter;
import dev.driftless.projectors.runtime.DeadLetterLog;
import dev.driftless.projectors.runtime.RepairRequests;
import dev.driftless.schemas.EventDecoder;
import dev.driftless.schemas.EventRegistry;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Says whether the views hold what the log says, and has them mended. Reads the stores, and writes
 * to none: a repair is a request to the projector that owns the key.
 *
 * <p>Keeps a copy of the log on this machine's disk, sorted by what the events speak of; the first
 * check after it was opened waits until the copy is up to date. One process per directory and name.
 * Not for several threads, but for {@link #lag}.
 */
public final class Reconciler implements AutoCloseable {

  private final ProjectorsConfig config;
  private final Progress progress;
  private final Lag lag;
  private final LogCopy copy;
  private final Notes notes;
  private final Map<String, Inspector> inspectors = new LinkedHashMap<>();
  private final EventRegistry registry;
  private final DeadLetterLog letters;
  private final RepairRequests requests;
  private final String topicId;
  private final int partitions;

  private Reconciler(
      ProjectorsConfig config, String name, Path directory, Progress progress, Lag lag) {
    this.config = config;
    this.progress = progress;
    this.lag = lag;
    this.partitions = lag.logEnds().size();
    this.topicId = lag.topicId();
    this.copy = LogCopy.open(config, name, directory, topicId, progress);
    this.notes = new Notes(copy.entities(), config.names());
    this.registry = config.openRegistry();
    this.letters = new DeadLetterLog(config.kafka(), config.names(), new EventDecoder(registry));
    this.requests = new RepairRequests(config.kafka(), config.names());
  }

  /**
   * Opens the reconciler, and begins to read the log.
   *
   * @param name tells reconcilers of one log apart, as part of a consumer group: {@code
   *     driftless-<name>}
   * @param directory of its own, made if it is not there; what is in it can be made again
   * @throws IllegalStateException if the directory is in use, or the broker does not answer
   */
  public static Reconciler open(
      ProjectorsConfig config, String name, Path directory, Progress progress) {
    Lag lag = new Lag(config);
    try {
      return new Reconciler(config, name, directory, progress, lag);
    } catch (RuntimeException e) {
      lag.close();
      throw e;
    }
  }

  /**
   * Compares these views with the log. A store that does not answer is told in its view's report.
   *
   * @param deep everything, recomputed from what is stored; else what changed since the last check
   *     by this directory, and what was wrong then
   */
  public Report check(Collection<String> views, boolean deep) {
    Instant at = Instant.now();
    List<ViewReport> reports = new ArrayList<>();
    for (String view : views) {
      ViewCheck check = check(inspector(view), () -> {});
      reports.add(deep ? check.everything() : check.changes());
    }
    return new Report(at, reports);
  }

  /**
   * Compares everything of one view with the log; as {@link #check} with {@code deep}.
   *
   * @param meanwhile is run every few seconds while that goes on, on the same thread, and may check
   *     what changed; what that costs the view's store counts as cost of both
   */
  public ViewReport checkEverything(String view, Runnable meanwhile) {
    return check(inspector(view), meanwhile).everything();
  }

  /** Compares everything of a view's spare generation with the log; as {@link #check}. */
  public Report checkSpare(String view) {
    Instant at = Instant.now();
    try (Inspector spare = Views.inspectSpare(view, config, partitions);
        Lag lagOfSpares = Lag.ofSpares(config)) {
      Notes notesOfSpares = new Notes(copy.entities(), config.names().spare());
      SetAside setAside = new SetAside(letters, view);
      ViewReport report =
          new ViewCheck(spare, copy, lagOfSpares, setAside, notesOfSpares, progress, () -> {})
              .everything();
      return new Report(at, List.of(report));
    }
  }

  /**
   * Compares every entity that the log knows of, some after the others, and has written anew what
   * differs, however much that is, but for entities of which the view set an event aside. What the
   * log does not know of stays.
   *
   * @return what was asked for, of which nothing differs any more if it was not refused
   */
  public RepairReport rewrite(String view, RepairLimits limits) {
    return repairs(inspector(view), limits).rewriteAll();
  }

  /**
   * Has mended what a check found, as far as the limits allow, and waits until it is, or until the
   * patience is over. What the views held is exported before.
   */
  public List<RepairReport> repair(Report report, RepairLimits limits) {
    List<RepairReport> reports = new ArrayList<>();
    for (ViewReport view : report.views()) {
      if (view.divergenceCount() > 0) {
        reports.add(repairs(inspector(view.view()), limits).repair(view));
      }
    }
    return reports;
  }

  /**
   * Has the view apply again what it set aside: every entity of which it set an event aside is
   * written anew as the log says.
   *
   * @param letters of that view
   */
  public RepairReport retry(String view, Collection<DeadLetter> letters, RepairLimits limits) {
    Inspector inspector = inspector(view);
    copy.await(lag.logEnds());
    Set<Entity> entities = new LinkedHashSet<>();
    for (DeadLetter letter : letters) {
      copy.entities()
          .records(
              letter.partition(),
              letter.offset(),
              letter.offset() + 1,
              r -> {
                Entity source = r.decoded() == null ? null : Entity.of(r.event());
                if (source != null && inspector.sources().contains(source.kind())) {
                  entities.addAll(inspector.changedBy(source));
                }
              });
    }
    entities.removeIf(entity -> entity.kind() == Kind.RECORD);
    return repairs(inspector, limits).rewrite(entities);
  }

  /**
   * Which of these letters are of records that this program cannot read, or that are no events: no
   * repair can make them into anything.
   *
   * @param letters of any view
   */
  public List<DeadLetter> unreadable(Collection<DeadLetter> letters) {
    copy.await(lag.logEnds());
    return letters.stream().filter(letter -> !isReadable(letter)).toList();
  }

  private boolean isReadable(DeadLetter letter) {
    boolean[] readable = new boolean[1];
    long offset = letter.offset();
    copy.entities()
        .records(
            letter.partition(),
            offset,
            offset + 1,
            r -> readable[0] = r.disposition() != Disposition.REFUSED);
    return readable[0];
  }

  /**
   * True if the copy of the log was filled while the registry lacked a schema that it has now: what
   * it says is not what the views were told since, so this is to be closed and opened anew.
   */
  public boolean isOutdated() {
    return copy.isOutdated();
  }

  /** How far the views are behind; may be asked from any thread. */
  public Lag lag() {
    return lag;
  }

  @Override
  public void close() {
    copy.close();
    inspectors.values().forEach(Inspector::close);
    letters.close();
    registry.close();
    requests.close();
    lag.close();
  }

  private ViewCheck check(Inspector inspector, Runnable meanwhile) {
    SetAside setAside = new SetAside(letters, inspector.view());
    return new ViewCheck(inspector, copy, lag, setAside, notes, progress, meanwhile);
  }

  private Repairs repairs(Inspector inspector, RepairLimits limits) {
    return new Repairs(
        inspector,
        copy.entities(),
        topicId,
        partitions,
        new SetAside(letters, inspector.view()),
        requests,
        () -> positions(inspector.view()),
        entities -> check(inspector, () -> {}).only(entities),
        limits,
        progress);
  }

  private Map<Integer, Long> positions(String view) {
    ViewLag now = lag.read(view);
    if (!now.isKnown()) {
      throw new CannotTellException(view + ": " + now.problem());
    }
    Map<Integer, Long> positions = new HashMap<>();
    now.partitions().forEach(p -> positions.put(p.partition(), Math.min(p.position(), p.end())));
    copy.await(positions);
    return positions;
  }

  private Inspector inspector(String view) {
    return inspectors.computeIfAbsent(view, v -> Views.inspect(v, config, partitions));
  }
}
