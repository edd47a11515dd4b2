package dev.driftless.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.driftless.projectors.app.ProjectorsMain;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.service.ReconcilerMain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Two processes that keep all views, and a reconciler, as they are deployed. */
@Tag("long")
final class RollingRestartIT {

  private static final String EVENT =
      """
      {"eventId":"e%1$d","occurredAt":"2026-05-01T15:00:00Z","tenant":"acme","subject":"s%2$d","agent":"helper","type":"MemoryRecorded","payload":{"memoryId":"m%3$d","kind":"EPISODIC","text":"flew to place %1$d"}}
      """;

  private static final Pattern METRIC = Pattern.compile("\\b(?:driftless|jvm)_[a-z_]+");

  private static final String RECONCILER = "reconciler";
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final List<String> NAMES = List.of("one", "two", RECONCILER);
  private static final List<DeployedProcess> PROCESSES = new ArrayList<>();

  @TempDir private static Path directory;
  private static Installation installation;

  private int published;

  @BeforeAll
  static void deploy() throws Exception {
    installation = new Installation(directory.resolve("state"), 4);
    NAMES.forEach(name -> PROCESSES.add(start(name)));
    PROCESSES.forEach(DeployedProcess::awaitReady);
  }

  @AfterAll
  static void close() {
    PROCESSES.forEach(DeployedProcess::close);
    installation.close();
  }

  @Test
  void nothing_diverges_when_all_are_restarted_one_after_the_other_under_load() throws Exception {
    try (Load ignored = Load.of(this::publishSome, Duration.ofMillis(100))) {
      for (int i = 0; i < NAMES.size(); i++) {
        if (NAMES.get(i).equals(RECONCILER)) {
          assertFoundNothing(PROCESSES.get(i));
        }
        long taken = PROCESSES.get(1).partitionsTaken();
        PROCESSES.get(i).term();
        if (i == 0) {
          DeployedProcess other = PROCESSES.get(1);
          await().atMost(PATIENCE).until(() -> other.partitionsTaken() > taken);
        }
        PROCESSES.set(i, start(NAMES.get(i)));
        PROCESSES.get(i).awaitReady();
      }
    }
    installation.awaitCaughtUp(Views.names());
    Run check = installation.run("reconcile", "--once", "--deep");
    assertThat(check.exitCode()).as(check.out()).isZero();
  }

  @Test
  void alerts_and_dashboard_ask_for_numbers_that_the_processes_tell() throws Exception {
    publishSome();
    installation.awaitCaughtUp(Views.names());
    Path docker = Path.of("../docker");
    Set<String> asked = new TreeSet<>();
    for (String file : List.of("prometheus/alerts.yml", "grafana/dashboards/driftless.json")) {
      for (String expression : expressions(docker.resolve(file))) {
        METRIC.matcher(expression).results().map(m -> m.group()).forEach(asked::add);
      }
    }
    assertThat(asked).hasSizeGreaterThan(10);
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() -> assertThat(told()).containsAll(asked));
  }

  /** In checks of the time when one of the others was gone, and of one after. */
  private static void assertFoundNothing(DeployedProcess reconciler) throws Exception {
    double before = sum(reconciler, "driftless_check_keys_total");
    await().atMost(PATIENCE).until(() -> sum(reconciler, "driftless_check_keys_total") > before);
    assertThat(sum(reconciler, "driftless_divergences_found_total")).isZero();
  }

  private static double sum(DeployedProcess process, String metric) throws Exception {
    return process
        .get("metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(metric))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  private static Set<String> told() throws Exception {
    Set<String> told = new TreeSet<>();
    for (DeployedProcess process : PROCESSES) {
      Matcher names = Pattern.compile("(?m)^([a-z_]+)[ {]").matcher(process.get("metrics").body());
      names.results().map(m -> m.group(1)).forEach(told::add);
    }
    return told;
  }

  /** What stands under {@code expr}, wherever that is. */
  private static List<String> expressions(Path file) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    JsonNode document =
        mapper.valueToTree(
            new Yaml(new SafeConstructor(new LoaderOptions())).load(Files.readString(file)));
    return document.findValuesAsText("expr");
  }

  private static DeployedProcess start(String name) {
    Map<String, String> environment = new HashMap<>(installation.environment());
    environment.put("DRIFTLESS_STATE", directory.resolve("state-" + name).toString());
    environment.put("DRIFTLESS_RECONCILER_PORT", "0");
    environment.put("DRIFTLESS_SHALLOW_EVERY", "PT1S");
    try {
      return DeployedProcess.start(
          name.equals(RECONCILER) ? ReconcilerMain.class : ProjectorsMain.class,
          environment,
          Files.createTempFile(directory, name, ".log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** New memories, and new texts of old ones. */
  private synchronized void publishSome() {
    StringBuilder events = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      events.append(EVENT.formatted(published, published % 7, published % 100));
      published++;
    }
    installation.publish(events.toString());
  }
}
