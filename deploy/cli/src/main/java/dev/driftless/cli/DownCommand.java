package dev.driftless.cli;

import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code driftless down}. */
@Command(
    name = "down",
    mixinStandardHelpOptions = true,
    description = "Stops the local stack: the projectors first, then the servers.",
    footer = {"", "Data stays in the home directory. Nothing to stop is fine."})
final class DownCommand implements Callable<Integer> {

  @Mixin private HomeOption home;
  @Mixin private Output output = new Output();

  DownCommand() {
    this(System.getenv());
  }

  DownCommand(Map<String, String> environment) {
    this.home = new HomeOption(environment);
  }

  @Override
  public Integer call() {
    Stack stack = home.stack();
    if (stack.servers().exists()) {
      stack.down(output.progress());
    }
    String directory = stack.servers().home().toString();
    output.people().println("nothing runs in " + directory);
    output.json(() -> Output.object().put("home", directory).put("running", false));
    return 0;
  }
}
