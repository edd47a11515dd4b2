package dev.driftless.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/** What a command said and how it ended, run as users run it but in this process. */
record CommandRun(int exitCode, String out, String err) {

  static CommandRun of(Object command, String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line = Driftless.commandLine(command);
    line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    int exitCode = line.execute(arguments);
    line.getErr().flush();
    line.getOut().flush();
    return new CommandRun(exitCode, out.toString(), err.toString());
  }

  /** The last line of the output. */
  JsonNode json() {
    try {
      return new ObjectMapper().readTree(out.lines().reduce("", (first, second) -> second));
    } catch (JsonProcessingException e) {
      throw new AssertionError("the last line is not JSON: " + out, e);
    }
  }
}
