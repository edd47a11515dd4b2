package dev.driftless.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The jars of the image are enough for what it runs, and hold nothing that it must not. */
final class LibrariesIT {

  private static final Path LIBRARIES = Path.of("target", "lib").toAbsolutePath();
  private static final String COMMAND_LINE = "dev.driftless.cli.Driftless";

  @TempDir private Path directory;

  private record Ended(int exitCode, String output) {}

  @Test
  void there_are_no_servers_and_no_experiments() throws Exception {
    try (Stream<Path> files = Files.list(LIBRARIES)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .anyMatch(name -> name.startsWith("driftless-cli-"))
          .noneMatch(name -> name.matches("(kafka_|kafka-metadata|embedded-|connect-|hibernate).*"))
          .noneMatch(name -> name.matches("(driftless-bench|scala|log4j|junit|testcontainers).*"));
    }
  }

  @Test
  void the_command_line_offers_what_can_be_done_there() throws Exception {
    Ended help = run(COMMAND_LINE, "--help");
    assertThat(help.exitCode()).isZero();
    assertThat(help.output())
        .contains("  publish ", "  views ", "  rebuild ", "  topics ")
        .doesNotContain("  up ", "  status ", "  demo ", "  chaos ", "  bench ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "dev.driftless.projectors.app.ProjectorsMain",
        "dev.driftless.reconciler.service.ReconcilerMain"
      })
  void the_processes_are_there(String main) throws Exception {
    Ended help = run(main, "--help");
    assertThat(help.exitCode()).isZero();
    assertThat(help.output()).contains("Usage: driftless-");
  }

  @Test
  void without_addresses_a_command_says_in_one_line_what_is_missing() throws Exception {
    Ended ended = run(COMMAND_LINE, "views", "list", "--home", directory.toString());
    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.output().lines()).hasSize(1);
    assertThat(ended.output()).contains("KAFKA_BOOTSTRAP_SERVERS");
  }

  private Ended run(String main, String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                LIBRARIES + "/*",
                main));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().clear();
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Ended(process.waitFor(), output);
  }
}
