package dev.driftless.projectors.app;

import dev.driftless.projectors.Generations;
import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.audit.AuditInspector;
import dev.driftless.projectors.audit.AuditProjector;
import dev.driftless.projectors.cache.CacheInspector;
import dev.driftless.projectors.cache.CacheProjector;
import dev.driftless.projectors.context.ContextInspector;
import dev.driftless.projectors.context.ContextProjector;
import dev.driftless.projectors.relational.RelationalInspector;
import dev.driftless.projectors.relational.RelationalProjector;
import dev.driftless.projectors.vector.VectorGenerations;
import dev.driftless.projectors.vector.VectorInspector;
import dev.driftless.projectors.vector.VectorProjector;
import dev.driftless.schemas.Names;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The views there are. A sixth is one package and one line here. */
public final class Views {

  private static final Map<String, View> ALL = new LinkedHashMap<>();

  static {
    ALL.put(
        "relational",
        new View(
            (c, names) -> new RelationalProjector(c.relational(), names),
            (c, names, partitions) -> RelationalInspector.open(c.relational(), names, partitions),
            c -> RelationalProjector.generations(c.relational(), c.names())));
    ALL.put(
        "vector",
        new View(
            (c, names) -> new VectorProjector(c.vector(), names),
            (c, names, partitions) -> new VectorInspector(c.vector(), names, partitions),
            c -> new VectorGenerations(c.vector(), c.names())));
    ALL.put(
        "cache",
        new View(
            (c, names) -> CacheProjector.open(names, c.cache()),
            (c, names, partitions) -> CacheInspector.open(names, c.cache(), partitions),
            null));
    ALL.put(
        "context",
        new View(
            (c, names) -> new ContextProjector(c.context(), names),
            (c, names, partitions) -> ContextInspector.open(c.context(), names, partitions),
            c -> ContextProjector.generations(c.context(), c.names())));
    ALL.put(
        "audit",
        new View(
            (c, names) -> new AuditProjector(c.audit(), names),
            (c, names, partitions) -> AuditInspector.open(c.audit(), names, partitions),
            c -> AuditProjector.generations(c.audit(), c.names())));
  }

  private Views() {}

  /**
   * How to keep a view, and how to look at it.
   *
   * @param generations null if there is never more than one
   */
  private record View(
      BiFunction<ProjectorsConfig, Names, Projector> projector,
      Look inspector,
      @Nullable Function<ProjectorsConfig, Generations> generations) {}

  /** At one of a view's generations. */
  @FunctionalInterface
  private interface Look {
    Inspector at(ProjectorsConfig config, Names names, int partitions);
  }

  /** The views that may have a spare generation, in the order in which they are shown. */
  public static List<String> withGenerations() {
    return ALL.entrySet().stream()
        .filter(view -> view.getValue().generations() != null)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** The views' names, in the order in which they are shown. */
  public static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  /**
   * The projector of a view; opens no connection yet. The caller closes it.
   *
   * @throws IllegalArgumentException if there is no such view
   */
  public static Projector open(String view, ProjectorsConfig config) {
    return view(view).projector().apply(config, config.names());
  }

  /** As {@link #open}, of the view's spare generation. */
  public static Projector openSpare(String view, ProjectorsConfig config) {
    return view(view).projector().apply(config, config.names().spare());
  }

  /**
   * Says what the view holds; opens no connection yet. The caller closes it.
   *
   * @param partitions of the log
   * @throws IllegalArgumentException if there is no such view
   */
  public static Inspector inspect(String view, ProjectorsConfig config, int partitions) {
    return view(view).inspector().at(config, config.names(), partitions);
  }

  /** As {@link #inspect}, of the view's spare generation. */
  public static Inspector inspectSpare(String view, ProjectorsConfig config, int partitions) {
    return view(view).inspector().at(config, config.names().spare(), partitions);
  }

  /**
   * The generations of a view; opens no connection yet. The caller closes it.
   *
   * @throws IllegalArgumentException if there is no such view, or there is never more than one
   */
  public static Generations generations(String view, ProjectorsConfig config) {
    Function<ProjectorsConfig, Generations> generations = view(view).generations();
    if (generations == null) {
      throw new IllegalArgumentException("the view %s has one generation".formatted(view));
    }
    return generations.apply(config);
  }

  private static View view(String name) {
    View view = ALL.get(name);
    if (view == null) {
      throw new IllegalArgumentException(
          "there is no view '%s': use one of %s".formatted(name, names()));
    }
    return view;
  }
}
