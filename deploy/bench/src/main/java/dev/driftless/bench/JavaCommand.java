package dev.driftless.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of another process of this Java, with this class path. */
public final class JavaCommand {

  private JavaCommand() {}

  /**
   * @param options of the JVM
   */
  public static List<String> of(List<String> options, Class<?> main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return command;
  }
}
