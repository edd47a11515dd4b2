package dev.driftless.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.driftless.bench.JavaCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A process as the image runs it, told by its environment alone. */
public final class DeployedProcess implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Pattern ADDRESS = Pattern.compile("(?:health|page)=(http://\\S+)");

  private final HttpClient http = HttpClient.newHttpClient();
  private final Process process;
  private final Path output;

  private DeployedProcess(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  /**
   * With the class path of this JVM.
   *
   * @param output what it prints, from its beginning
   */
  static DeployedProcess start(Class<?> main, Map<String, String> environment, Path output) {
    return start(java(main), environment, output);
  }

  /** The command that runs it with the class path of this JVM. */
  static List<String> java(Class<?> main, String... arguments) {
    return JavaCommand.of(
        List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"), main, arguments);
  }

  /** By a command that says itself how. */
  public static DeployedProcess start(
      List<String> command, Map<String, String> environment, Path output) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    try {
      return new DeployedProcess(
          builder.redirectErrorStream(true).redirectOutput(output.toFile()).start(), output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void awaitReady() {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .until(() -> get("health/ready").statusCode() == 200);
  }

  HttpResponse<String> get(String page) throws Exception {
    return http.send(
        HttpRequest.newBuilder(address().resolve(page)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** How often it has taken over a partition of a view. */
  long partitionsTaken() {
    return said().lines().filter(line -> line.contains("reading from")).count();
  }

  /**
   * Tells it to stop, as an orchestrator does: ten seconds are promised; a busy machine has five
   * more.
   */
  void term() throws InterruptedException {
    process.destroy();
    assertThat(process.waitFor(15, TimeUnit.SECONDS)).as("%s", output).isTrue();
    assertThat(process.exitValue()).as(this::said).isEqualTo(128 + 15);
    assertThat(said()).doesNotContain("a server does not answer");
  }

  /** As the operating system sees it. */
  public ProcessHandle.Info info() {
    return process.info();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }

  /** Where it answers, once it does. */
  public URI address() {
    await().atMost(PATIENCE).until(() -> ADDRESS.matcher(said()).find() || !process.isAlive());
    Matcher found = ADDRESS.matcher(said());
    assertThat(found.find()).as(this::said).isTrue();
    return URI.create(found.group(1));
  }

  private String said() {
    try {
      return Files.readString(output);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
