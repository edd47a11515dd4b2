package dev.driftless.bench.faults;

import dev.driftless.bench.JavaCommand;
import dev.driftless.local.LocalProgram;
import dev.driftless.local.TestStack;
import dev.driftless.projectors.app.ProjectorsMain;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All projectors in one process, which is killed now and then. */
final class ProjectorsProcess implements AutoCloseable {

  private static final Duration STOP_PATIENCE = Duration.ofSeconds(10);

  private final LocalProgram program;
  private final Map<String, String> variables;
  private int kills;

  ProjectorsProcess(TestStack stack, Map<String, String> variables) {
    this.program = stack.stack().program("projectors");
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

  /** SIGKILL, and another process at once. */
  void killAndStart() {
    Optional<ProcessHandle> process =
        program.pid().stream().mapToObj(ProcessHandle::of).flatMap(Optional::stream).findFirst();
    process.ifPresent(
        p -> {
          p.destroyForcibly();
          p.onExit().join();
          kills++;
        });
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
