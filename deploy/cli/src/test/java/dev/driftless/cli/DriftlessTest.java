package dev.driftless.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.projectors.app.Failure;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

final class DriftlessTest {

  @ParameterizedTest
  @MethodSource("commands")
  void every_command_explains_itself(String command) {
    Run run = run((command + " --help").strip().split(" "));

    assertThat(run.exitCode()).isZero();
    assertThat(run.out()).contains("Usage: driftless" + (command.isEmpty() ? "" : " " + command));
    assertThat(run.err()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "search dogs | --tenant",
        "search --tenant acme | TEXT",
        "search dogs --tenant acme --limit 0 | --limit: expected at least 1, found 0",
        "show | subcommand",
        "show everything | everything",
        "show messages | --tenant",
        "show context --tenant acme | --subject",
        "show cache --tenant acme | --subject",
        "views pause | VIEW",
        "views pause graph | there is no view 'graph': use one of relational, vector, cache, context, audit",
        "views resume graph | use one of relational",
        "dead-letters list --view graph | use one of relational",
        "chaos --schedules 0 | --schedules: expected at least 1, found 0",
        "chaos --minutes -1 | --minutes: expected at least 1, found -1",
        "chaos --events 0 | --events: expected at least 800, found 0",
        "chaos --schedule FILE --seed 1 | --seed: --schedule says it all",
        "chaos --schedule FILE --events 20 | --events: --schedule says it all",
        "chaos --schedule FILE --schedules 1 | --schedules: --schedule says it all",
        "chaos --schedule FILE --minutes 1 | --minutes: --schedule says it all",
        "faults --actions 0 | --actions: expected at least 1, found 0",
        "faults --probability 1 | --probability: expected 0 to less than 1, found 1.0",
        "faults --actions 5 --kills 5 | --kills: expected 0 to less than there are actions, found 5",
        "faults --ways hopeful | hopeful"
      })
  void wrong_use_is_told_in_one_line_that_names_what_is_wrong(String command, String named) {
    Run run = run(command.split(" "));

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains(named).contains("--help");
    assertThat(run.out()).isEmpty();
  }

  @Test
  void subject_without_tenant_is_refused() {
    Run run = run("show", "audit", "--subject", "mia");

    assertThat(run.exitCode()).isNotZero();
    assertThat(run.err()).contains("--subject needs --tenant");
  }

  @Test
  void without_servers_it_is_said_how_to_get_some(@TempDir Path home) {
    Run run = run("show", "memories", "--tenant", "acme", "--home", home.toString());

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains("driftless up");
  }

  @Test
  void failure_is_one_line_from_the_outermost_to_the_root_cause() {
    Exception root = new IllegalStateException("connection refused\nat some address");
    Exception middle = new IllegalStateException(root);
    Exception outermost = new IllegalStateException("the store is away", middle);

    assertThat(Failure.line(outermost))
        .isEqualTo("the store is away: java.lang.IllegalStateException: connection refused");
    assertThat(Failure.line(new IllegalStateException())).isEqualTo("IllegalStateException");
  }

  private static Stream<String> commands() {
    return names("", Driftless.commandLine(Map.of()));
  }

  private static Stream<String> names(String name, CommandLine line) {
    return Stream.concat(
        Stream.of(name),
        line.getSubcommands().entrySet().stream()
            .flatMap(sub -> names((name + " " + sub.getKey()).strip(), sub.getValue())));
  }

  private static Run run(String... arguments) {
    return Run.of(Driftless.commandLine(Map.of()), arguments);
  }
}
