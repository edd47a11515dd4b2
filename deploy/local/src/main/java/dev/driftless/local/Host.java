package dev.driftless.local;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The machine as a stack sees it.
 *
 * @param environment instead of this process's own, in tests
 * @param javaHome where the JVM for the servers written in Java is
 */
record Host(Map<String, String> environment, Path javaHome) {
  /** All that servers get to see: a variable meant for another Kafka must not change this one. */
  private static final List<String> PASSED_ON =
      List.of("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH");

  /** What a finished command printed, standard output and error together. */
  record Output(int exitCode, String text) {}

  static Host here() {
    return new Host(System.getenv(), Path.of(System.getProperty("java.home")));
  }

  /**
   * {@code linux-amd64}, {@code linux-arm64}, {@code darwin-amd64}, {@code darwin-arm64}, or what
   * it is.
   */
  static String platform() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    return (os.startsWith("mac") ? "darwin" : os)
        + "-"
        + switch (arch) {
          case "x86_64" -> "amd64";
          case "aarch64" -> "arm64";
          default -> arch;
        };
  }

  Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
  }

  /** The first executable file of that name on the PATH. */
  Optional<Path> program(String name) {
    return Arrays.stream(variable("PATH").orElse("").split(File.pathSeparator, -1))
        .filter(directory -> !directory.isEmpty())
        .map(directory -> Path.of(directory).resolve(name))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }

  Path java() {
    Path java = javaHome.resolve("bin/java");
    if (!Files.isExecutable(java)) {
      throw new StackException(
          "no java program at " + java + ": run Driftless with a complete JDK or JRE, 17 or newer");
    }
    return java;
  }

  Cache cache() {
    Path base =
        variable("DRIFTLESS_CACHE")
            .map(Path::of)
            .orElseGet(
                () ->
                    variable("XDG_CACHE_HOME")
                        .map(Path::of)
                        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache"))
                        .resolve("driftless"));
    return new Cache(base.toAbsolutePath());
  }

  /**
   * Starts a server's process detached: it survives this JVM, its terminal and its process group.
   */
  Process launch(Server.Launch launch, Path directory, Path log) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(detached(launch.command()));
    builder.directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(passedOn());
    builder.environment().putAll(launch.environment());
    builder.redirectInput(new File("/dev/null"));
    builder.redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    return builder.start();
  }

  /** {@code setsid} replaces itself by the command, so the pid stays the command's. */
  List<String> detached(List<String> command) {
    return program("setsid")
        .map(setsid -> prefixed(List.of(setsid.toString()), command))
        .orElse(command);
  }

  /** Runs a command to its end. */
  Output run(List<String> command, Path directory, Duration timeout)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("driftless-", ".out");
    try {
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.directory(directory.toFile());
      builder.environment().clear();
      builder.environment().putAll(environment);
      builder.redirectInput(new File("/dev/null"));
      builder.redirectErrorStream(true);
      builder.redirectOutput(output.toFile());
      Process process = builder.start();
      try {
        boolean ended = process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
        String text = Files.readString(output, StandardCharsets.UTF_8).strip();
        return ended
            ? new Output(process.exitValue(), text)
            : new Output(-1, text + "\nnot done after " + timeout.toSeconds() + " s");
      } finally {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    } finally {
      Files.deleteIfExists(output);
    }
  }

  /**
   * How to run a program that refuses to run as root: as nobody, in a user namespace of its own, in
   * which the files of root still belong to it.
   *
   * @param owned a file this process created, whose owner tells who we are
   */
  List<String> withoutRoot(List<String> command, Path owned)
      throws IOException, InterruptedException {
    if (!Integer.valueOf(0).equals(Files.getAttribute(owned, "unix:uid"))) {
      return command;
    }
    String remedy = "run as another user, or install util-linux and allow user namespaces";
    Path unshare =
        program("unshare")
            .orElseThrow(
                () ->
                    new StackException(
                        "postgres: does not run as root, and there is no `unshare` on the PATH"
                            + " to drop it: "
                            + remedy));
    Output probe = run(List.of(unshare.toString(), "-U", "true"), owned, Duration.ofSeconds(10));
    if (probe.exitCode() != 0) {
      throw new StackException(
          "postgres: does not run as root, and `unshare -U` failed ("
              + probe.text()
              + "): "
              + remedy);
    }
    return prefixed(List.of(unshare.toString(), "-U"), command);
  }

  private Map<String, String> passedOn() {
    Map<String, String> variables = new TreeMap<>(environment);
    variables.keySet().retainAll(PASSED_ON);
    return variables;
  }

  private static List<String> prefixed(List<String> prefix, List<String> command) {
    return Stream.concat(prefix.stream(), command.stream()).toList();
  }
}
