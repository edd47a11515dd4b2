package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The list of guards does not rot: {@link GuardsIT} runs in a profile only. */
final class GuardTest {

  static List<Guard> guards() {
    return Guard.all();
  }

  @ParameterizedTest
  @MethodSource("guards")
  void every_guard_stands_in_the_sources_and_what_is_left_without_it_compiles(
      Guard guard, @TempDir Path without) throws IOException {
    guard.takeOut(without);

    assertThat(guard.aimed().events()).isPositive();
  }
}
