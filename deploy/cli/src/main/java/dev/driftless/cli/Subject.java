package dev.driftless.cli;

import picocli.CommandLine.Option;

/** The one subject that a command is about. */
final class Subject {

  @Option(names = "--tenant", paramLabel = "T", required = true, description = "The tenant.")
  private String tenant = "";

  @Option(
      names = "--subject",
      paramLabel = "S",
      required = true,
      description = "The user or entity whose memory it is.")
  private String subject = "";

  String tenant() {
    return tenant;
  }

  String subject() {
    return subject;
  }
}
