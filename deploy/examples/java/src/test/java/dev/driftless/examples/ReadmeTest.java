package dev.driftless.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The README's snippets are parts of the programs that ExamplesIT runs. */
final class ReadmeTest {

  private static final Path ROOT = Path.of("..", "..", "..");
  private static final Pattern SECTION =
      Pattern.compile(
          "## (?:Read your writes|What an agent can rely on)\n(.*?)(?=\n## )", Pattern.DOTALL);
  private static final Pattern SNIPPET = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @Test
  void what_the_readme_shows_of_receipts_journal_and_saga_is_in_the_examples() throws IOException {
    String examples =
        dense(
            Files.readString(source("ReadYourWrites"))
                + Files.readString(source("TwelveSteps"))
                + Files.readString(source("Booking")));
    List<String> parts = parts(Files.readString(ROOT.resolve("README.md")));

    assertThat(parts).hasSizeGreaterThan(5).allSatisfy(part -> assertThat(examples).contains(part));
  }

  /** What stands between two marks of omission. */
  private static List<String> parts(String readme) {
    return SECTION
        .matcher(readme)
        .results()
        .flatMap(section -> SNIPPET.matcher(section.group(1)).results())
        .map(snippet -> snippet.group(1))
        .filter(snippet -> !snippet.isBlank())
        .flatMap(snippet -> Stream.of(snippet.split("// …")))
        .map(ReadmeTest::dense)
        .toList();
  }

  private static String dense(String code) {
    return code.replaceAll("//[^\n]*", "").replaceAll("\\s", "");
  }

  private static Path source(String name) {
    return Path.of("src", "main", "java", "dev", "driftless", "examples", name + ".java");
  }
}
