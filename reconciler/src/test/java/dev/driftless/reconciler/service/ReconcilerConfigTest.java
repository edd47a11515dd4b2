package dev.driftless.reconciler.service;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.driftless.projectors.app.ProjectorsConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ReconcilerConfigTest {

  @TempDir private Path directory;

  @Test
  void without_file_the_defaults_and_the_environment_hold() {
    ReconcilerConfig config = ReconcilerConfig.load(null, Map.of("DRIFTLESS_STATE", "/data")::get);
    assertThat(config.directory()).isEqualTo(Path.of("/data/reconciler"));
    assertThat(config.shallowEvery()).isEqualTo(Duration.ofSeconds(60));
    assertThat(config.deepBudget()).isEqualTo(Duration.ofHours(1));
    assertThat(config.repair()).isFalse();
    assertThat(config.http().host()).isEqualTo("127.0.0.1");
  }

  @Test
  void one_file_tells_the_projectors_and_the_reconciler() throws IOException {
    Path file =
        file(
            "name: blue\nreconciler: {repair: true, lag: {events: 70, views: {vector: {time: PT1M}}}}\n");
    ReconcilerConfig config = ReconcilerConfig.load(file, name -> null);
    assertThat(config.repair()).isTrue();
    assertThat(config.lag().of("vector").events()).isEqualTo(70);
    assertThat(config.lag().of("vector").time()).isEqualTo(Duration.ofMinutes(1));
    assertThat(config.lag().of("cache").time()).isEqualTo(Duration.ofHours(6));
    assertThat(ProjectorsConfig.load(file, name -> null).names().log())
        .isEqualTo("blue-memory-events");
  }

  @Test
  void what_is_unknown_or_cannot_be_is_refused_with_its_key() {
    refused("reconciler: {http: {prot: 1}}", "unknown key reconciler.http.prot");
    refused("reconciler: {shallowEvery: PT2M}", "shallowEvery: expected at most PT60S");
    refused("reconciler: {deepBudget: PT25H}", "deepBudget: expected PT0S to PT24H");
    refused("reconciler: {lag: {views: {vectro: {events: 1}}}}", "vectro");
    refused("reconciler: 5", "reconciler: expected keys and values");
  }

  @Test
  void every_setting_has_a_variable_which_projectors_take_for_no_mistake() throws IOException {
    String defaults;
    try (InputStream in = ReconcilerConfig.class.getResourceAsStream("reconciler.yaml")) {
      defaults = new String(Objects.requireNonNull(in).readAllBytes(), UTF_8);
    }
    Map<String, String> variables = new HashMap<>();
    Pattern.compile("\\$\\{(DRIFTLESS_\\w+)")
        .matcher(defaults)
        .results()
        .forEach(name -> variables.put(name.group(1), ""));
    assertThat(variables).hasSizeGreaterThan(12);
    assertThatCode(() -> ProjectorsConfig.load(null, variables)).doesNotThrowAnyException();
    assertThat(defaults.lines().filter(line -> line.matches("\\s+\\w+: .+")))
        .allMatch(line -> line.contains("${") || line.strip().equals("views: {}"));
  }

  @Test
  void what_a_command_line_says_goes_before_a_file() throws IOException {
    Path file = file("reconciler: {repair: false, maxPercent: 7, http: {port: 9}}\n");
    ReconcilerConfig config = ReconcilerConfig.load(file, name -> null);
    assertThat(config.with(null, null, null)).isEqualTo(config);
    ReconcilerConfig told = config.with(true, 3.0, 0);
    assertThat(told.repair()).isTrue();
    assertThat(told.maxPercent()).isEqualTo(3);
    assertThat(told.http().port()).isZero();
  }

  private void refused(String yaml, String message) {
    assertThatThrownBy(() -> ReconcilerConfig.load(file(yaml), name -> null))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  private Path file(String yaml) throws IOException {
    return Files.writeString(Files.createTempFile(directory, "config", ".yaml"), yaml);
  }
}
