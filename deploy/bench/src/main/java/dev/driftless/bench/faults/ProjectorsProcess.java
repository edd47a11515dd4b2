package dev.driftless.bench.faults;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import dev.driftless.bench.JavaCommand;
import dev.driftless.local.LocalProgram;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.app.ProjectorsMain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All projectors in one process, which is killed now and then. */
final class ProjectorsProcess implements AutoCloseable {

  private static final String NAME = "projectors";
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(10);

  private final LocalProgram program;
  private final Map<String, String> variables;
  private int kills;
  private int starts;

  ProjectorsProcess(TestStack stack, Map<String, String> variables) {
    this.program = stack.stack().program(NAME);
    this.variables = new HashMap<>(variables);
    this.variables.put("DRIFTLESS_STATE", program.data().resolve("state").toString());
    this.variables.put("DRIFTLESS_INSTANCE", "one");
  }

  void start() {
    program.start(
        JavaCommand.of(List.of("-Xmx512m", "-XX:+UseSerialGC"), ProjectorsMain.class),
        variables,
        line -> {});
  }

  /**
   * SIGKILL, and another process at once. What the killed one has printed is kept beside the log.
   */
  void killAndStart() throws IOException {
    Optional<ProcessHandle> process =
        program.pid().stream().mapToObj(ProcessHandle::of).flatMap(Optional::stream).findFirst();
    process.ifPresent(
        p -> {
          p.destroyForcibly();
          p.onExit().join();
          kills++;
        });
    String own = "%s-until-start-%d.log".formatted(NAME, ++starts);
    Path unused = Files.copy(program.log(), program.log().resolveSibling(own), REPLACE_EXISTING);
    start();
  }

  /** How often the process was killed. */
  int kills() {
    return kills;
  }

  @Override
  public void close() {
    program.stop(STOP_PATIENCE, line -> {});
  }
}
