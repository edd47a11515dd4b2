package dev.driftless.cli.deployment;

import static dev.driftless.cli.deployment.Deployments.DEPLOY;
import static dev.driftless.cli.deployment.Deployments.DOCKER;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.driftless.cli.DeployedProcess;
import dev.driftless.cli.Driftless;
import dev.driftless.projectors.app.ProjectorsMain;
import dev.driftless.reconciler.service.ReconcilerMain;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The image's scripts do what they are for, over what the build has made, in a directory laid out
 * as the Dockerfile says. Only root may make that directory the root of a process: so the paths in
 * the scripts are put below it.
 */
final class ImageScriptsIT {

  private static final Path SCRIPTS = Path.of("usr/local/bin");
  private static final String OPTIONS = "DRIFTLESS_JAVA_OPTIONS";

  /** What lives for a moment is not worth much compiling. */
  private static final String QUICK = "-XX:TieredStopAtLevel=1 ";

  @TempDir private static Path root;

  private record Ended(int exitCode, String output) {}

  @BeforeAll
  static void copy() throws IOException {
    String dockerfile = Deployments.text(DOCKER.resolve("Dockerfile"));
    String image = dockerfile.substring(dockerfile.lastIndexOf("\nFROM "));
    for (String line : image.lines().filter(line -> line.startsWith("COPY ")).toList()) {
      List<String> paths =
          Arrays.stream(line.split(" ")).skip(1).filter(word -> !word.startsWith("--")).toList();
      String target = paths.get(paths.size() - 1);
      for (String source : paths.subList(0, paths.size() - 1)) {
        copy(DEPLOY.resolveSibling(built(source)), target);
      }
    }
  }

  /** The image's own libraries are built after this module: here its jars stand for them. */
  private static String built(String source) {
    return source
        .replaceFirst("^/driftless/", "")
        .replaceFirst("^deploy/docker/target/lib$", "deploy/cli/target/lib");
  }

  private static void copy(Path sources, String target) throws IOException {
    Path to = root.resolve(target.substring(1));
    try (DirectoryStream<Path> found =
        Files.newDirectoryStream(sources.getParent(), sources.getFileName().toString())) {
      for (Path source : found) {
        Path copy = target.endsWith("/") ? to.resolve(source.getFileName()) : to;
        Files.createDirectories(copy.getParent());
        if (source.startsWith(DOCKER)) {
          String text = Deployments.text(source).replaceAll("/(opt|proc)/", root + "/$1/");
          Files.writeString(copy, text);
          assertThat(copy.toFile().setExecutable(true)).isTrue();
        } else {
          Files.createDirectories(copy);
          link(source, "*.jar", copy);
          link(source.resolveSibling("."), "driftless-cli-*.jar", copy);
        }
      }
    }
  }

  private static void link(Path directory, String name, Path into) throws IOException {
    try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, name)) {
      for (Path file : found) {
        Files.createSymbolicLink(into.resolve(file.getFileName()), file);
      }
    }
  }

  /** Or JUnit warns that it deletes a link. */
  @AfterAll
  static void unlink() throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path link : files.filter(Files::isSymbolicLink).toList()) {
        Files.delete(link);
      }
    }
  }

  @BeforeEach
  void nothingRuns() throws IOException {
    for (int pid : List.of(1, 7)) {
      Files.deleteIfExists(commandLine(pid));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "projectors --help, Usage: driftless-projectors [",
    "reconciler --help, Usage: driftless-reconciler [",
    "--help, Usage: driftless [",
  })
  void the_first_word_says_which_program_is_run(String arguments, String said) throws Exception {
    Ended ended = driftless("-XX:+PrintCommandLineFlags", arguments);
    assertThat(ended.output().lines().limit(2))
        .satisfiesExactly(
            flags ->
                assertThat(flags)
                    .contains("-XX:MaxRAMPercentage=50.")
                    .contains("-XX:+UseSerialGC")
                    .contains("-XX:+ExitOnOutOfMemoryError"),
            usage -> assertThat(usage).startsWith(said));
    assertThat(ended.exitCode()).isZero();
  }

  @Test
  void options_of_the_environment_count_before_the_image_s_own() throws Exception {
    Ended ended = driftless("-XX:+PrintCommandLineFlags -XX:MaxRAMPercentage=25", "--help");
    assertThat(ended.output()).contains("-XX:MaxRAMPercentage=25.");
  }

  @ParameterizedTest
  @CsvSource({
    "projectorz, Unmatched argument at index 0: 'projectorz' (see driftless --help)",
    "projectors --vue, Unknown option: '--vue'",
    "projectors --view cash, driftless-projectors: there is no view 'cash'",
    "reconciler all, Unmatched argument at index 0: 'all'",
  })
  void what_no_program_knows_is_named_and_fails(String arguments, String said) throws Exception {
    Ended ended = driftless("", arguments);
    assertThat(ended.output()).contains(said).doesNotContain("\tat ");
    assertThat(ended.exitCode()).isIn(1, 2);
  }

  @ParameterizedTest
  @CsvSource({
    "projectors --view relational, DRIFTLESS_HTTP_PORT",
    "reconciler, DRIFTLESS_RECONCILER_PORT",
  })
  void a_process_is_the_container_s_first_and_healthy_until_it_is_gone(
      String arguments, String port, @TempDir Path directory) throws Exception {
    Map<String, String> environment =
        Map.of(
            OPTIONS,
            QUICK + "-Xmx256m",
            "DRIFTLESS_STATE",
            directory.resolve("state").toString(),
            // nobody answers there: it waits, and is well
            "KAFKA_BOOTSTRAP_SERVERS",
            "127.0.0.1:1",
            port,
            "0");
    int answersAt;
    try (DeployedProcess process =
        DeployedProcess.start(
            command(arguments), withJava(environment), directory.resolve("output"))) {
      answersAt = process.address().getPort();
      // no shell between, or a signal to stop would not reach it
      assertThat(process.info().command())
          .hasValueSatisfying(program -> assertThat(program).endsWith("/java"));
      runs(process.info().arguments().orElseThrow());
      assertThat(healthy(port, answersAt).exitCode()).isZero();
    }
    assertThat(healthy(port, answersAt).exitCode()).isNotZero();
  }

  @Test
  void what_answers_that_it_is_not_alive_is_not_healthy() throws Exception {
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    AtomicInteger status = new AtomicInteger(200);
    server.createContext(
        "/health/live",
        exchange -> {
          exchange.sendResponseHeaders(status.get(), -1);
          exchange.close();
        });
    server.start();
    try {
      int port = server.getAddress().getPort();
      runs(ProjectorsMain.class.getName());
      assertThat(healthy("DRIFTLESS_HTTP_PORT", port).exitCode()).isZero();
      status.set(503);
      assertThat(healthy("DRIFTLESS_HTTP_PORT", port).exitCode()).isNotZero();
      runs(ReconcilerMain.class.getName());
      assertThat(healthy("DRIFTLESS_RECONCILER_PORT", port).exitCode()).isNotZero();
      runs(Driftless.class.getName(), "bench");
      assertThat(healthy("DRIFTLESS_HTTP_PORT", port).exitCode()).isZero();
    } finally {
      server.stop(0);
    }
  }

  @Test
  void a_process_behind_an_init_process_is_asked_too() throws Exception {
    runs("docker-init", "--", "driftless", "projectors");
    runs(7, "java", ProjectorsMain.class.getName());
    assertThat(healthy("DRIFTLESS_HTTP_PORT", 1).exitCode()).isNotZero();
  }

  @Test
  void what_hangs_up_without_an_answer_is_not_healthy() throws Exception {
    runs(ProjectorsMain.class.getName());
    CompletableFuture<Void> hungUp;
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      hungUp = CompletableFuture.runAsync(() -> hangUp(server));
      assertThat(healthy("DRIFTLESS_HTTP_PORT", server.getLocalPort()).exitCode()).isNotZero();
    }
    hungUp.join();
  }

  @Test
  void a_container_whose_process_cannot_be_seen_is_not_healthy() throws Exception {
    assertThat(healthy("DRIFTLESS_HTTP_PORT", 1).exitCode()).isNotZero();
  }

  private static void hangUp(ServerSocket server) {
    try {
      server.accept().close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path commandLine(int pid) {
    return root.resolve("proc/" + pid + "/cmdline");
  }

  /** Makes these the arguments of the container's first process. */
  private static void runs(String... arguments) throws IOException {
    runs(1, "java", arguments);
  }

  private static void runs(int pid, String program, String... arguments) throws IOException {
    Files.createDirectories(commandLine(pid).getParent());
    Files.writeString(commandLine(pid), program + "\0" + String.join("\0", arguments) + "\0");
  }

  private static Ended healthy(String variable, int port) throws Exception {
    return run(Map.of(variable, Integer.toString(port)), List.of(script("healthy")));
  }

  private static Ended driftless(String options, String arguments) throws Exception {
    return run(Map.of(OPTIONS, QUICK + options), command(arguments));
  }

  private static List<String> command(String arguments) {
    List<String> command = new ArrayList<>(List.of(script("driftless")));
    command.addAll(List.of(arguments.split(" ")));
    return command;
  }

  private static String script(String name) {
    return root.resolve(SCRIPTS).resolve(name).toString();
  }

  private static Map<String, String> withJava(Map<String, String> environment) {
    Map<String, String> all = new HashMap<>(environment);
    all.put(
        "PATH",
        Path.of(System.getProperty("java.home"), "bin")
            + File.pathSeparator
            + System.getenv("PATH"));
    return all;
  }

  private static Ended run(Map<String, String> environment, List<String> command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().putAll(withJava(environment));
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Ended(process.waitFor(), output);
  }
}
