package dev.driftless.projectors.app;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.jspecify.annotations.Nullable;

/** Environment variables that are meant for a process of Driftless, and that none knows. */
final class Variables {

  private static final String OURS = "DRIFTLESS_";
  private static final Pattern NAMED = Pattern.compile("\\$\\{(\\w+)");

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

  /** Though one of ours is nearly called so. */
  private static final Set<String> OF_OTHER_PROGRAMS =
      Set.of("PG_HOST", "PG_PORT", "PG_USER", "PG_PASSWORD", "PG_DATABASE");

  private static final Pattern COMMENT = Pattern.compile("(?m)^\\s*#.*$");
  private static final Pattern FILE = Pattern.compile("_FILE$");

  private static final int MOST_MISTAKES = 2;

  /** Of names this long, two with so few differences are hardly two. */
  private static final int LONG = 16;

  private static final LevenshteinDistance DISTANCE = new LevenshteinDistance(MOST_MISTAKES);

  private Variables() {}

  /**
   * A setting that is misspelt would be left out in silence, and what it was to secure would be
   * sent in the clear.
   *
   * @param file of settings; null if all that is set is set by the environment
   * @throws IllegalArgumentException if no process knows a variable that begins with {@code
   *     DRIFTLESS_}, or, without a file, that is nearly one that is known and not set
   */
  static void refuseUnknown(String defaults, @Nullable Path file, Map<String, String> environment) {
    Set<String> known =
        NAMED
            .matcher(COMMENT.matcher(defaults).replaceAll(""))
            .results()
            .map(name -> name.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    known.addAll(OF_OTHERS);
    for (String name : environment.keySet()) {
      String setting = FILE.matcher(name).replaceFirst("");
      if (known.contains(setting) || OF_KUBERNETES.matcher(name).matches()) {
        continue;
      }
      if (name.startsWith(OURS)) {
        throw new IllegalArgumentException(
            "environment: unknown variable %s; known are %s".formatted(name, known));
      }
      // with a file, it is the file that says what is set
      if (file == null && isSet(setting, environment) && !OF_OTHER_PROGRAMS.contains(setting)) {
        known.stream()
            .filter(other -> !isSet(other, environment) && isNearly(setting, other))
            .findFirst()
            .ifPresent(
                other -> {
                  throw new IllegalArgumentException(
                      "environment: unknown variable %s: rename it to %s, or unset it"
                          .formatted(name, other + name.substring(setting.length())));
                });
      }
    }
  }

  private static boolean isSet(String name, Map<String, String> environment) {
    return !environment.getOrDefault(name, "").isEmpty()
        || !environment.getOrDefault(name + "_FILE", "").isEmpty();
  }

  private static boolean isNearly(String name, String other) {
    int mistakes = DISTANCE.apply(name, other);
    return mistakes == 1
        || mistakes == MOST_MISTAKES
            && (name.length() >= LONG || letters(name).equals(letters(other)));
  }

  private static List<Integer> letters(String name) {
    return name.chars().sorted().boxed().toList();
  }
}
