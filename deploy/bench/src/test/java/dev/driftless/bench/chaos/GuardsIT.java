package dev.driftless.bench.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The guards earn their place: with one taken out, the schedule that is aimed at it fails; with all
 * of them it does not.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@EnabledIfSystemProperty(named = "driftless.guards", matches = ".*")
final class GuardsIT {

  private static final Logger LOG = LoggerFactory.getLogger(GuardsIT.class);

  /** Part of the names of those that are tried. */
  private static final String WANTED = System.getProperty("driftless.guards", "");

  /** What a schedule waited for in vain. */
  private static final List<String> STUCK =
      List.of("the views do not get on", "another process has taken all partitions over");

  private static final String CLASS_PATH = System.getProperty("java.class.path");

  private final Chaos chaos = Chaos.open(LOG::info);

  @AfterAll
  void close() {
    chaos.close();
  }

  static List<Guard> guards() {
    return Guard.all().stream().filter(guard -> guard.toString().contains(WANTED)).toList();
  }

  static List<Guard> schedules() {
    return guards().stream()
        .filter(
            guard ->
                guards().stream()
                    .filter(other -> other.schedule().equals(guard.schedule()))
                    .findFirst()
                    .filter(guard::equals)
                    .isPresent())
        .toList();
  }

  @ParameterizedTest
  @MethodSource("guards")
  void without_a_guard_the_schedule_aimed_at_it_fails(Guard guard, @TempDir Path without)
      throws IOException {
    guard.takeOut(without);

    ChaosReport report = chaos.run(guard.aimed(), without + File.pathSeparator + CLASS_PATH);

    LOG.info(
        "{}: {} findings, {} divergences, problem: {}; {}",
        guard,
        report.findings().size(),
        report.divergences().size(),
        report.problem(),
        report.findings().stream().limit(2).toList());
    boolean isStuck =
        guard.mayStick()
            && report.problem() != null
            && STUCK.stream().anyMatch(report.problem()::contains);
    boolean isWrong = !report.findings().isEmpty() || !report.divergences().isEmpty();
    assertThat(isWrong || isStuck).as("what the guard keeps right is wrong without it").isTrue();
  }

  @ParameterizedTest
  @MethodSource("schedules")
  void with_all_guards_the_same_schedules_are_clean(Guard first) throws IOException {
    ChaosReport report = chaos.run(first.aimed());

    assertThat(report.isClean()).as("%s", report).isTrue();
  }
}
