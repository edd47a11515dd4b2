package dev.driftless.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How much is shown. */
final class Limit {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  private int rows = 20;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "20",
      description = "At most so many rows (default: ${DEFAULT-VALUE}).")
  void rows(int rows) {
    if (rows < 1) {
      throw new ParameterException(
          spec.commandLine(), "--limit: expected at least 1, found " + rows);
    }
    this.rows = rows;
  }

  int rows() {
    return rows;
  }
}
