package dev.driftless.cli.deployment;

import static dev.driftless.cli.deployment.Deployments.KUBERNETES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.driftless.cli.Driftless;
import dev.driftless.projectors.app.Views;
import dev.driftless.schemas.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine.ParseResult;

/** The scalers say what KEDA knows and what fits the log. */
final class KedaTest {

  /** KEDA's login. */
  static final String SECRET = "driftless-keda";

  private static final List<JsonNode> SCALERS =
      Deployments.documents(KUBERNETES.resolve("components/keda/scalers.yaml"));

  static List<JsonNode> scalers() {
    return SCALERS;
  }

  @Test
  void every_view_has_a_scaler() {
    assertThat(SCALERS)
        .extracting(Manifests::name)
        .containsExactlyInAnyOrderElementsOf(Views.names());
  }

  @ParameterizedTest
  @MethodSource("scalers")
  void the_scaler_looks_at_the_group_and_the_log_of_its_view(JsonNode manifest) throws Exception {
    String view = Manifests.name(manifest);
    Keda.ScaledObject scaler = Keda.scaledObject(manifest);
    Map<String, String> kafka = scaler.spec().triggers().get(0).metadata();
    Names names = new Names("");
    assertThat(scaler.spec().scaleTargetRef().name()).isEqualTo(view);
    assertThat(kafka.get("consumerGroup")).isEqualTo(names.group(view));
    assertThat(kafka.get("topic")).isEqualTo(names.log());
    assertThat(kafka.get("bootstrapServersFromEnv")).isIn(Variables.known());
  }

  @ParameterizedTest
  @MethodSource("scalers")
  void the_scaler_begins_where_the_deployment_does_and_leaves_no_pod_without_a_partition(
      JsonNode manifest) throws Exception {
    Keda.ScaledObject.Spec scaler = Keda.scaledObject(manifest).spec();
    JsonNode deployment =
        Deployments.document(KUBERNETES.resolve("base/" + Manifests.name(manifest) + ".yaml"));
    assertThat(scaler.minReplicaCount()).isEqualTo(deployment.at("/spec/replicas").intValue());
    assertThat(scaler.maxReplicaCount())
        .isBetween(scaler.minReplicaCount(), partitionsOfTheSetUp());
  }

  @ParameterizedTest
  @CsvSource({
    "maxReplicaCount, maxReplicas, Unrecognized field \"maxReplicas\"",
    "stabilizationWindowSeconds, windowSeconds, windowSeconds",
    "consumerGroup, group, does not know group",
    "scaleTargetRef, target, Missing required creator property",
    "'\"50000\"', 50000, Cannot coerce Integer value (50000)",
    "kafka, kafka-lag, unknown scaler",
    "keda.sh/v1alpha1, keda.sh/v1, unknown version",
  })
  void what_keda_does_not_know_is_refused(String known, String wrong, String message) {
    String scaler = SCALERS.get(0).toString();
    assertThat(scaler).contains(known);
    JsonNode changed = Deployments.documents(scaler.replace(known, wrong)).get(0);
    assertThatThrownBy(() -> Keda.scaledObject(changed)).hasMessageContaining(message);
  }

  @Test
  void readme_says_how_to_fill_the_login_of_keda() throws Exception {
    Keda.TriggerAuthentication login =
        Keda.triggerAuthentication(
            Deployments.document(KUBERNETES.resolve("components/keda-login/authentication.yaml")));
    Set<String> keys =
        login.spec().secretTargetRef().stream()
            .filter(value -> value.name().equals(SECRET))
            .map(Keda.TriggerAuthentication.SecretKey::key)
            .collect(Collectors.toSet());
    assertThat(Manifests.secrets().get(SECRET)).isEqualTo(keys);
  }

  /** How many partitions the log is made with. */
  private static int partitionsOfTheSetUp() {
    List<String> arguments = new ArrayList<>();
    Deployments.document(KUBERNETES.resolve("base/set-up.yaml"))
        .at("/spec/template/spec/initContainers/0/args")
        .forEach(argument -> arguments.add(argument.asText()));
    ParseResult command =
        Driftless.commandLine(Map.of()).parseArgs(arguments.toArray(String[]::new));
    while (command.hasSubcommand()) {
      command = command.subcommand();
    }
    return Objects.requireNonNull(
        command.commandSpec().findOption("--partitions").<Integer>getValue());
  }
}
