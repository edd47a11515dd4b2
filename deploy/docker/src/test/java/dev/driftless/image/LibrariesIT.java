package dev.driftless.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The jars of the image are enough for what it runs, and hold nothing that it must not. */
final class LibrariesIT {

  private static final Path LIBRARIES = Path.of("target", "lib").toAbsolutePath();
  private static final String COMMAND_LINE = "dev.driftless.cli.Driftless";
  private static final String PROJECTORS = "dev.driftless.projectors.app.ProjectorsMain";
  private static final String LOCAL =
      Path.of("..", "cli", "target").toAbsolutePath().normalize() + "/*";

  private static final String EVENT =
      """
      {"eventId":"e1","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"mia","agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"m1","kind":"SEMANTIC","text":"prefers an aisle seat"}}
      """;

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
  @CsvSource({
    "dev.driftless.projectors.app.ProjectorsMain, -audit-.*-consumer.*could not be established",
    "dev.driftless.reconciler.service.ReconcilerMain, nothing is checked: "
  })
  void a_process_starts_waits_for_its_servers_and_ends_when_told(String main, String waits)
      throws Exception {
    Path output = directory.resolve("output");
    ProcessBuilder builder = new ProcessBuilder(java(main)).directory(directory.toFile());
    builder.environment().clear();
    builder
        .environment()
        .putAll(
            Map.of(
                "KAFKA_BOOTSTRAP_SERVERS",
                "127.0.0.1:1",
                "DRIFTLESS_STATE",
                directory.resolve("state").toString(),
                "DRIFTLESS_RECONCILER_STATE",
                directory.resolve("checks").toString(),
                "DRIFTLESS_RECONCILER_PORT",
                "0"));
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      Pattern waiting = Pattern.compile(waits);
      await()
          .atMost(Duration.ofMinutes(2))
          .until(() -> waiting.matcher(Files.readString(output)).find() || !process.isAlive());
      assertThat(process.isAlive()).as(() -> read(output)).isTrue();
      process.destroy();
      assertThat(process.waitFor(15, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isEqualTo(128 + 15);
      assertThat(Files.readString(output)).doesNotContain("NoClassDefFound", "ClassNotFound");
    } finally {
      process.destroyForcibly();
    }
  }

  @Tag("long")
  @Test
  void they_keep_and_check_all_views() throws Exception {
    String home = directory.resolve("home").toString();
    try {
      assertEnds(0, local("up", "--home", home));
      Map<String, String> environment = new HashMap<>();
      local("env", "--home", home)
          .output()
          .lines()
          .map(line -> line.replaceFirst("^export ", "").split("=", 2))
          .forEach(setting -> environment.put(setting[0], setting[1].replaceAll("^'|'$", "")));
      environment.put("DRIFTLESS_NAME", "image");
      environment.put("DRIFTLESS_REPLICATION", "1");
      environment.put("DRIFTLESS_STATE", directory.resolve("state").toString());
      assertEnds(0, run(environment, COMMAND_LINE, "topics", "create"));
      assertEnds(0, run(environment, COMMAND_LINE, "schemas", "register"));
      Path event = Files.writeString(directory.resolve("event.jsonl"), EVENT);
      ProcessBuilder projectors = new ProcessBuilder(java(PROJECTORS));
      projectors.environment().putAll(environment);
      projectors.redirectErrorStream(true).redirectOutput(directory.resolve("output").toFile());
      Process process = projectors.start();
      try {
        List<String> publish = new ArrayList<>(List.of("publish", event.toString()));
        for (String view : List.of("relational", "vector", "cache", "context", "audit")) {
          publish.addAll(List.of("--wait", view));
        }
        assertEnds(0, run(environment, COMMAND_LINE, publish.toArray(String[]::new)));
        assertThat(run(environment, COMMAND_LINE, "search", "aisle", "--tenant", "acme").output())
            .contains("prefers an aisle seat");
        assertEnds(0, run(environment, COMMAND_LINE, "reconcile", "--once", "--deep"));
      } finally {
        process.destroyForcibly().onExit().join();
      }
    } finally {
      local("down", "--home", home);
    }
  }

  @Test
  void without_addresses_a_command_says_in_one_line_what_is_missing() throws Exception {
    Ended ended = run(COMMAND_LINE, "views", "list", "--home", directory.toString());
    assertThat(ended.exitCode()).isEqualTo(1);
    assertThat(ended.output().lines()).hasSize(1);
    assertThat(ended.output()).contains("KAFKA_BOOTSTRAP_SERVERS");
  }

  private static void assertEnds(int exitCode, Ended ended) {
    assertThat(ended.exitCode()).as(ended.output()).isEqualTo(exitCode);
  }

  /** By the jars that have the servers too. */
  private Ended local(String... arguments) throws IOException, InterruptedException {
    return run(Map.of("PATH", System.getenv("PATH")), java(LOCAL, COMMAND_LINE, arguments));
  }

  private Ended run(String main, String... arguments) throws IOException, InterruptedException {
    return run(Map.of(), main, arguments);
  }

  private Ended run(Map<String, String> environment, String main, String... arguments)
      throws IOException, InterruptedException {
    return run(environment, java(main, arguments));
  }

  private Ended run(Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Ended(process.waitFor(), output);
  }

  private static String read(Path output) {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> java(String main, String... arguments) {
    return java(LIBRARIES + "/*", main, arguments);
  }

  private static List<String> java(String classPath, String main, String[] arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath,
                main));
    command.addAll(List.of(arguments));
    return command;
  }
}
