package dev.driftless.cli;

import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which local stack a command is about. */
final class HomeOption {

  @Option(
      names = "--home",
      paramLabel = "DIR",
      description = "The local stack's directory. Default: DRIFTLESS_HOME, else .driftless.")
  private @Nullable Path home;

  private final Map<String, String> environment;

  HomeOption(Map<String, String> environment) {
    this.environment = environment;
  }

  /**
   * The stack, whether or not it was ever started.
   *
   * @throws dev.driftless.local.StackException if the directory holds something else
   */
  Stack stack() {
    Path directory =
        home != null ? home : Path.of(environment.getOrDefault("DRIFTLESS_HOME", ".driftless"));
    return Stack.open(directory, environment);
  }
}
