package dev.driftless.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.driftless.local.Progress;
import java.io.PrintWriter;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * Where a command's words go: the answer to the standard output, progress to the standard error
 * output. With {@code --json} the answer is one object on the last line of the standard output, and
 * what is meant for people goes to the standard error output too.
 */
final class Output {

  @Option(names = "--json", description = "One JSON object as the last line of the output.")
  private boolean json;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  /** For people. */
  PrintWriter people() {
    return json ? spec.commandLine().getErr() : spec.commandLine().getOut();
  }

  /** One line at a time, seen at once. */
  Progress progress() {
    PrintWriter err = spec.commandLine().getErr();
    return line -> {
      err.println(line);
      err.flush();
    };
  }

  /** The answer for programs, if they asked. The last word of a command. */
  void json(Supplier<ObjectNode> object) {
    people().flush();
    if (json) {
      spec.commandLine().getOut().println(object.get());
      spec.commandLine().getOut().flush();
    }
  }

  static ObjectNode object() {
    return new ObjectMapper().createObjectNode();
  }
}
