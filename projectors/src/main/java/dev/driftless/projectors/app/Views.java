package dev.driftless.projectors.app;

import dev.driftless.projectors.Inspector;
import dev.driftless.projectors.Projector;
import dev.driftless.projectors.audit.AuditProjector;
import dev.driftless.projectors.cache.CacheProjector;
import dev.driftless.projectors.context.ContextProjector;
import dev.driftless.projectors.relational.RelationalProjector;
import dev.driftless.projectors.vector.VectorProjector;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The views there are. A sixth is one package and one line here. */
public final class Views {

  private static final Map<String, Function<ProjectorsConfig, Projector>> ALL =
      new LinkedHashMap<>();

  static {
    ALL.put("relational", c -> new RelationalProjector(c.relational(), c.names()));
    ALL.put("vector", c -> new VectorProjector(c.vector(), c.names()));
    ALL.put("cache", c -> CacheProjector.open(c.names(), c.cache()));
    ALL.put("context", c -> new ContextProjector(c.context(), c.names()));
    ALL.put("audit", c -> new AuditProjector(c.audit(), c.names()));
  }

  private Views() {}

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
    Function<ProjectorsConfig, Projector> open = ALL.get(view);
    if (open == null) {
      throw new IllegalArgumentException(
          "there is no view '%s': use one of %s".formatted(view, names()));
    }
    return open.apply(config);
  }

  /**
   * Says what the view holds; opens no connection yet. The caller closes it.
   *
   * @param partitions of the log
   * @throws IllegalArgumentException if there is no such view
   */
  public static Inspector inspect(String view, ProjectorsConfig config, int partitions) {
    throw new UnsupportedOperationException("comes with the inspectors");
  }
}
