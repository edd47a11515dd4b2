package dev.driftless.reconciler;

import dev.driftless.projectors.app.ProjectorsMain;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A process that keeps views, as one that users run. */
final class ProjectorProcess {

  private ProjectorProcess() {}

  /**
   * Starts it with the class path of this JVM; its output goes to {@code projectors.log} in the
   * directory.
   *
   * @param before what goes before the class path, with a separator behind it; or empty
   * @param arguments of the program
   */
  static Process start(
      String before, Map<String, String> variables, Path directory, String... arguments)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                before + System.getProperty("java.class.path"),
                ProjectorsMain.class.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder process = new ProcessBuilder(command);
    process.environment().putAll(variables);
    process.environment().put("DRIFTLESS_INSTANCE", "one");
    File log = directory.resolve("projectors.log").toFile();
    return process
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
        .start();
  }
}
