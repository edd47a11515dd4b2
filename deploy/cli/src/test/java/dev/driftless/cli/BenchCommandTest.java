package dev.driftless.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

final class BenchCommandTest {

  @Test
  void a_part_that_is_none_is_refused_with_those_there_are() {
    assertThat(refused("--only", "speed")).contains("found speed").contains("publish,relational");
  }

  @Test
  void no_round_at_all_is_refused() {
    assertThat(refused("--rounds", "0")).contains("--rounds: expected 1 to 40, found 0");
  }

  @Test
  void a_file_that_cannot_be_written_is_refused_before_anything_is_measured() {
    assertThat(refused("--json", "nowhere/report.json"))
        .contains("--json: no file can be written at nowhere/report.json");
    assertThat(refused("--json", "/")).contains("--json: no file can be written at /");
    assertThat(refused("--chart", ".")).contains("--chart: no file can be written at .");
  }

  @Test
  void the_help_names_every_part() {
    assertThat(new CommandLine(new BenchCommand()).getUsageMessage())
        .contains("publish", "embedding", "growth");
  }

  private static String refused(String... arguments) {
    StringWriter said = new StringWriter();
    CommandLine command = new CommandLine(new BenchCommand()).setErr(new PrintWriter(said));
    assertThat(command.execute(arguments)).isEqualTo(2);
    return said.toString();
  }
}
