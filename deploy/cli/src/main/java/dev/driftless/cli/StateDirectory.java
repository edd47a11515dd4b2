package dev.driftless.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.driftless.projectors.app.ProjectorsConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a reconciler keeps its copy of the log, and what it exports. */
final class StateDirectory {

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description =
          "Where the copy of the log is kept, about as large as the log. Default: reconciler in the local stack's directory,"
              + " else in DRIFTLESS_STATE.")
  private @Nullable Path directory;

  /** Whether the command line names it. */
  boolean isGiven() {
    return directory != null;
  }

  /** Of this command, which no other uses at the same time. */
  Path of(String command, Connection connection, ProjectorsConfig config) {
    return base(connection, config).resolve(command);
  }

  /** For what is about to be replaced. */
  Path exports(Connection connection, ProjectorsConfig config) {
    return base(connection, config).resolve("exports");
  }

  private Path base(Connection connection, ProjectorsConfig config) {
    if (directory != null) {
      return directory;
    }
    return connection.isLocal()
        ? connection.home().resolve("reconciler")
        : config.reading().stateDirectory().resolve(config.names().prefixed("-", "reconciler"));
  }

  /**
   * The name of a reconciler that uses this directory: another one's, or another user's, would take
   * half of the log's partitions from it.
   */
  static String reconcilerName(Path directory) {
    String place = hostName() + ":" + directory.toAbsolutePath().normalize();
    return "reconciler-once-"
        + UUID.nameUUIDFromBytes(place.getBytes(UTF_8)).toString().substring(0, 8);
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }
}
