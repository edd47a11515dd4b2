package dev.driftless.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StackCommandsTest {

  @TempDir Path home = Path.of("");

  @Test
  void without_a_stack_status_and_env_say_in_one_line_what_to_do() {
    for (Object command : new Object[] {new StatusCommand(in(home)), new EnvCommand(in(home))}) {
      CommandRun run = CommandRun.of(command);

      assertThat(run.exitCode()).isEqualTo(1);
      assertThat(run.out()).isEmpty();
      assertThat(run.err())
          .isEqualToIgnoringNewLines(
              "there is no local stack in %s: run driftless up".formatted(home));
    }
  }

  @Test
  void a_directory_that_holds_something_else_is_left_alone() throws IOException {
    Files.writeString(home.resolve("thesis.txt"), "two years of work");

    CommandRun run = CommandRun.of(new UpCommand(in(home)));

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).contains(home.toString(), "not a Driftless home", "choose another home");
    assertThat(home)
        .isDirectoryContaining("glob:**thesis.txt")
        .isDirectoryNotContaining("glob:**log");
  }

  @Test
  void home_on_the_command_line_goes_before_the_environment() {
    Path other = home.resolve("other");

    CommandRun run = CommandRun.of(new StatusCommand(in(home)), "--home", other.toString());

    assertThat(run.err()).contains("no local stack in " + other);
  }

  @Test
  void stopping_what_never_ran_is_fine_and_makes_no_directory() {
    Path never = home.resolve("never");

    CommandRun run = CommandRun.of(new DownCommand(in(never)), "--json");

    assertThat(run.exitCode()).isZero();
    assertThat(run.json().get("running").booleanValue()).isFalse();
    assertThat(never).doesNotExist();
  }

  @Test
  void a_demonstration_of_a_file_that_is_not_there_starts_nothing() {
    CommandRun run =
        CommandRun.of(
            new DemoCommand(in(home.resolve("never"))), "--input", home + "/missing.jsonl");

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("missing.jsonl");
    assertThat(home.resolve("never")).doesNotExist();
  }

  private static Map<String, String> in(Path home) {
    return Map.of("DRIFTLESS_HOME", home.toString());
  }
}
