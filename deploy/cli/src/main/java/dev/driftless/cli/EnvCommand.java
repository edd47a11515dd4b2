package dev.driftless.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code driftless env}. */
@Command(
    name = "env",
    mixinStandardHelpOptions = true,
    description =
        "Prints where the local stack's servers are, for a shell: eval \"$(driftless env)\".")
final class EnvCommand implements Callable<Integer> {

  @Mixin private HomeOption home;
  @Mixin private Output output = new Output();

  EnvCommand() {
    this(System.getenv());
  }

  EnvCommand(Map<String, String> environment) {
    this.home = new HomeOption(environment);
  }

  @Override
  public Integer call() {
    Map<String, String> variables = home.stack().existing().servers().addresses().environment();
    variables.forEach((name, value) -> output.people().println(export(name, value)));
    output.json(
        () -> {
          ObjectNode node = Output.object();
          variables.forEach(node::put);
          return node;
        });
    return 0;
  }

  /** A quote within quotes is left, written, and gone back into. */
  private static String export(String name, String value) {
    return "export %s='%s'".formatted(name, value.replace("'", "'\\''"));
  }
}
