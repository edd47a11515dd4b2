package dev.driftless.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** An example as a process of its own. */
final class Program implements AutoCloseable {

  private final Process process;
  private final BufferedReader output;

  Program(Class<?> main, Map<String, String> environment, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dlogback.configurationFile=logback.xml",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(environment);
    this.process = builder.start();
    this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
  }

  /** What it prints, up to and with this line; or to its end. */
  List<String> readTo(String line) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String next = output.readLine(); next != null; next = output.readLine()) {
      lines.add(next);
      if (next.equals(line)) {
        break;
      }
    }
    return lines;
  }

  /** What it prints until it ends. */
  List<String> readAll() throws IOException, InterruptedException {
    List<String> lines = readTo("");
    process.waitFor();
    return lines;
  }

  /** {@code kill -9}. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
