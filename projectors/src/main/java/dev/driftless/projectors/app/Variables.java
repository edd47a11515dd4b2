package dev.driftless.projectors.app;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The environment variables that begin with {@code DRIFTLESS_}, of all processes. */
final class Variables {

  private static final String OURS = "DRIFTLESS_";
  private static final Pattern NAMED = Pattern.compile("\\$\\{(DRIFTLESS_\\w+)");

  /** Those that {@code projectors.yaml} does not name: a process may be given another's. */
  private static final Set<String> OF_OTHERS =
      Set.of(
          "DRIFTLESS_CACHE",
          "DRIFTLESS_HOME",
          "DRIFTLESS_IMAGE",
          "DRIFTLESS_JAVA_OPTIONS",
          "DRIFTLESS_LOG_LEVEL",
          "DRIFTLESS_QDRANT",
          "DRIFTLESS_ROOT_LOG_LEVEL",
          // reconciler.yaml
          "DRIFTLESS_DEEP_BUDGET",
          "DRIFTLESS_EXPORTS",
          "DRIFTLESS_LAG_EVENTS",
          "DRIFTLESS_LAG_EVERY",
          "DRIFTLESS_LAG_TIME",
          "DRIFTLESS_MAX_PERCENT",
          "DRIFTLESS_RECONCILER_HOST",
          "DRIFTLESS_RECONCILER_NAME",
          "DRIFTLESS_RECONCILER_PORT",
          "DRIFTLESS_RECONCILER_STATE",
          "DRIFTLESS_REPAIR",
          "DRIFTLESS_SHALLOW_EVERY",
          "DRIFTLESS_STUCK_AFTER");

  /** What a pod is told of services whose names begin like ours. */
  private static final Pattern OF_KUBERNETES =
      Pattern.compile(".*_(SERVICE_(HOST|PORT(_.*)?)|PORT_\\d+_.*)");

  private Variables() {}

  /**
   * A setting that is misspelt would be left out in silence.
   *
   * @throws IllegalArgumentException if a variable is ours by its name, and no process knows it
   */
  static void refuseUnknown(String defaults, Map<String, String> environment) {
    Set<String> known =
        NAMED
            .matcher(defaults)
            .results()
            .map(name -> name.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    known.addAll(OF_OTHERS);
    for (String name : environment.keySet()) {
      boolean isKnown = known.contains(name) || known.contains(name.replaceAll("_FILE$", ""));
      if (name.startsWith(OURS) && !isKnown && !OF_KUBERNETES.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "environment: unknown variable %s; known are %s".formatted(name, known));
      }
    }
  }
}
