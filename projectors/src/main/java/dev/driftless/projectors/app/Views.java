package dev.driftless.projectors.app;

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
import dev.driftless.projectors.vector.VectorInspector;
import dev.driftless.projectors.vector.VectorProjector;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/** The views there are. A sixth is one package and one line here. */
public final class Views {

  private static final Map<String, View> ALL = new LinkedHashMap<>();

  static {
    ALL.put(
        "relational",
        new View(
            c -> new RelationalProjector(c.relational(), c.names()),
            (c, partitions) -> RelationalInspector.open(c.relational(), c.names(), partitions)));
    ALL.put(
        "vector",
        new View(
            c -> new VectorProjector(c.vector(), c.names()),
            (c, partitions) -> new VectorInspector(c.vector(), c.names(), partitions)));
    ALL.put(
        "cache",
        new View(
            c -> CacheProjector.open(c.names(), c.cache()),
            (c, partitions) -> CacheInspector.open(c.names(), c.cache(), partitions)));
    ALL.put(
        "context",
        new View(
            c -> new ContextProjector(c.context(), c.names()),
            (c, partitions) -> ContextInspector.open(c.context(), c.names(), partitions)));
    ALL.put(
        "audit",
        new View(
            c -> new AuditProjector(c.audit(), c.names()),
            (c, partitions) -> AuditInspector.open(c.audit(), c.names(), partitions)));
  }

  private Views() {}

  /** How to keep a view, and how to look at it. */
  private record View(
      Function<ProjectorsConfig, Projector> projector,
      BiFunction<ProjectorsConfig, Integer, Inspector> inspector) {}

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
    return view(view).projector().apply(config);
  }

  /**
   * Says what the view holds; opens no connection yet. The caller closes it.
   *
   * @param partitions of the log
   * @throws IllegalArgumentException if there is no such view
   */
  public static Inspector inspect(String view, ProjectorsConfig config, int partitions) {
    return view(view).inspector().apply(config, partitions);
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
