package dev.driftless.projectors.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TerminationTest {

  /** What a process does that is told to end. */
  static final class Told {
    public static void main(String[] arguments) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("hook")));
      CompletableFuture<Integer> requested = Termination.requested();
      System.out.println("ready");
      int exitCode = requested.join();
      System.out.println("closed");
      System.exit(exitCode);
    }
  }

  @ParameterizedTest
  @CsvSource({"TERM, 143", "INT, 130", "HUP, 129"})
  void all_is_closed_before_any_shutdown_hook_runs(String signal, int exitCode) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Told.class.getName())
            .start();
    try (BufferedReader printed = process.inputReader()) {
      assertThat(printed.readLine()).isEqualTo("ready");
      assumeFalse(isIgnored(process, signal), "whoever began this test has it ignored");
      new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
      assertThat(printed.lines()).containsExactly("closed", "hook");
      assertThat(process.waitFor()).isEqualTo(exitCode);
    } finally {
      process.destroyForcibly();
    }
  }

  /** As a shell without job control does for INT, and {@code nohup} for HUP. */
  private static boolean isIgnored(Process process, String signal) throws Exception {
    long ignored =
        Files.readAllLines(Path.of("/proc/" + process.pid() + "/status")).stream()
            .filter(line -> line.startsWith("SigIgn:"))
            .mapToLong(line -> Long.parseUnsignedLong(line.split("\\s+")[1], 16))
            .sum();
    int number = new sun.misc.Signal(signal).getNumber();
    return (ignored & 1L << number - 1) != 0;
  }
}
