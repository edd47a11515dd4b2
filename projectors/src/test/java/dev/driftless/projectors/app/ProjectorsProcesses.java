package dev.driftless.projectors.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Processes that keep views, as they are deployed; what they print is kept. For one test. */
final class ProjectorsProcesses implements AutoCloseable {

  private final Map<Process, Path> outputs = new LinkedHashMap<>();

  /**
   * @param directory of their state, which they share, and of what they print
   */
  Process start(Path directory, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                ProjectorsMain.class.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("DRIFTLESS_STATE", directory.resolve("state").toString());
    builder.environment().putAll(environment);
    Path output = directory.resolve("output-" + outputs.size());
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    outputs.put(process, output);
    return process;
  }

  /** What it printed so far. */
  String output(Process process) throws IOException {
    return Files.readString(Objects.requireNonNull(outputs.get(process)));
  }

  /** Kills those that run. */
  @Override
  public void close() {
    outputs.keySet().forEach(process -> process.destroyForcibly().onExit().join());
  }
}
