package dev.driftless.cli.deployment;

import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.reconciler.service.ReconcilerConfig;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The environment variables that the processes read. */
final class Variables {

  private Variables() {}

  /** Asks the configuration for its defaults, and notes what it looks up. */
  static Set<String> known() {
    Set<String> known = new HashSet<>();
    ProjectorsConfig.load(null, variable -> note(known, variable));
    ReconcilerConfig.load(null, variable -> note(known, variable));
    return known;
  }

  private static @Nullable String note(Set<String> known, String variable) {
    known.add(variable);
    return null;
  }
}
