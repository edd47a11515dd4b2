package dev.driftless.containers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.driftless.local.SharedServers;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.Extension;

final class DaemonConditionTest {

  @Test
  void without_a_daemon_tests_are_skipped_and_the_reason_is_told() {
    List<String> said = new ArrayList<>();
    assertThat(DaemonCondition.answers(() -> false, said::add)).isFalse();
    assertThat(said).singleElement().satisfies(DaemonConditionTest::saysWhy);
    assertThat(DaemonCondition.result(false))
        .satisfies(
            result -> {
              assertThat(result.isDisabled()).isTrue();
              assertThat(result.getReason()).hasValueSatisfying(DaemonConditionTest::saysWhy);
            });
  }

  private static void saysWhy(String reason) {
    assertThat(reason).contains("no Docker daemon answers", "skipped");
  }

  @Test
  void with_a_daemon_they_run() {
    List<String> said = new ArrayList<>();
    assertThat(DaemonCondition.answers(() -> true, said::add)).isTrue();
    assertThat(said).isEmpty();
    assertThat(DaemonCondition.result(true).isDisabled()).isFalse();
  }

  @Test
  void whoever_has_this_on_the_class_path_gets_containers_or_a_reason() {
    assertThat(ServiceLoader.load(Extension.class).stream().map(ServiceLoader.Provider::type))
        .contains(DaemonCondition.class);
    assertThat(ServiceLoader.load(SharedServers.class).stream().map(ServiceLoader.Provider::type))
        .containsExactly(Containers.class);
  }
}
