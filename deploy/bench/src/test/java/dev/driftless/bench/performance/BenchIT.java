package dev.driftless.bench.performance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** That everything can be measured; what comes out of it is nobody's business here. */
final class BenchIT {

  private static final Logger LOG = LoggerFactory.getLogger(BenchIT.class);

  @Test
  @Tag("long")
  void every_part_is_measured_beside_what_it_is_held_against() throws Exception {
    List<String> said = new ArrayList<>();
    List<BenchReport> reports = new ArrayList<>();
    Bench.run(
        BenchPlan.QUICK,
        Bench.parts(),
        line -> {
          LOG.info(line);
          said.add(line);
        },
        reports::add);
    assertThat(reports).as("one after each part").hasSameSizeAs(Bench.parts());
    BenchReport report = reports.get(reports.size() - 1);
    Set<String> parts =
        report.comparisons().stream().map(Comparison::part).collect(Collectors.toSet());
    assertThat(parts).containsExactlyInAnyOrderElementsOf(Bench.parts());
    assertThat(report.comparisons())
        .allSatisfy(
            comparison -> {
              assertThat(comparison.measured()).hasSizeGreaterThanOrEqualTo(1);
              assertThat(comparison.value()).as(comparison.what()).isFinite();
              assertThat(comparison.others().isEmpty()).isEqualTo(comparison.beside().isEmpty());
            });
    assertThat(report.comparisons())
        .filteredOn(comparison -> comparison.bound() != null)
        .allSatisfy(comparison -> assertThat(comparison.judged()).isFinite())
        .extracting(Comparison::part)
        .as("parts that must reach something")
        .containsAll(Bench.parts());
    assertThat(said).anyMatch(line -> line.startsWith("growth: measuring"));
    assertThat(BenchChart.svg(report))
        .startsWith("<svg")
        .contains("catching up / ")
        .endsWith("</svg>\n");
  }

  @Test
  void what_cannot_be_measured_is_refused_before_a_server_is_started() {
    assertThatThrownBy(() -> Bench.run(BenchPlan.QUICK, List.of("speed"), line -> {}, report -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nothing called 'speed'")
        .hasMessageContaining("publish");
  }
}
