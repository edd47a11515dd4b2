package dev.driftless.cli.deployment;

import static dev.driftless.cli.deployment.Deployments.KUBERNETES;
import static dev.driftless.cli.deployment.Manifests.kind;
import static dev.driftless.cli.deployment.Manifests.name;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.driftless.projectors.app.Views;
import io.kubernetes.client.openapi.models.V1Container;
import io.kubernetes.client.openapi.models.V1Deployment;
import io.kubernetes.client.openapi.models.V1EnvFromSource;
import io.kubernetes.client.openapi.models.V1Job;
import io.kubernetes.client.openapi.models.V1PodSpec;
import io.kubernetes.client.openapi.models.V1Probe;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The manifests say what Kubernetes knows (its own model refuses every other key) and what the code
 * does.
 */
final class KubernetesTest {

  private static final List<JsonNode> BASE =
      Deployments.files(KUBERNETES.resolve("base"), ".yaml").stream()
          .flatMap(file -> Deployments.documents(file).stream())
          .filter(document -> document.has("kind") && !kind(document).equals("Kustomization"))
          .toList();

  static Stream<JsonNode> base() {
    return BASE.stream();
  }

  @ParameterizedTest
  @MethodSource("base")
  void every_manifest_is_one_that_kubernetes_knows(JsonNode manifest) throws Exception {
    assertThat(Manifests.parsed(manifest)).isNotNull();
  }

  @Test
  void the_model_refuses_a_key_that_kubernetes_does_not_know() {
    JsonNode deployment = of("Deployment").get(0);
    String wrong = deployment.toString().replace("terminationGracePeriodSeconds", "gracePeriod");
    assertThatThrownBy(() -> V1Deployment.fromJson(wrong)).hasMessageContaining("gracePeriod");
  }

  @Test
  void every_file_of_the_base_is_listed() {
    List<String> resources = new ArrayList<>();
    Deployments.document(KUBERNETES.resolve("base/kustomization.yaml"))
        .path("resources")
        .forEach(resource -> resources.add(resource.asText()));
    assertThat(resources)
        .containsExactlyInAnyOrderElementsOf(
            Deployments.files(KUBERNETES.resolve("base"), ".yaml").stream()
                .map(file -> file.getFileName().toString())
                .filter(name -> !name.equals("kustomization.yaml"))
                .toList());
  }

  @Test
  void every_view_has_a_deployment_and_a_disruption_budget_that_select_its_pods() throws Exception {
    List<String> views = new ArrayList<>();
    for (V1Deployment deployment : deployments()) {
      String name = Objects.requireNonNull(deployment.getMetadata().getName());
      Map<String, String> pods = deployment.getSpec().getTemplate().getMetadata().getLabels();
      assertThat(pods).containsAllEntriesOf(deployment.getSpec().getSelector().getMatchLabels());
      if (!name.equals("reconciler")) {
        views.add(name);
        assertThat(container(deployment).getArgs()).containsExactly("projectors", "--view", name);
        assertThat(
                of("PodDisruptionBudget").stream()
                    .filter(budget -> name(budget).equals(name))
                    .map(budget -> budget.at("/spec/selector/matchLabels"))
                    .map(
                        labels ->
                            Map.of(
                                "app.kubernetes.io/name",
                                    labels.path("app.kubernetes.io/name").asText(),
                                "app.kubernetes.io/component",
                                    labels.path("app.kubernetes.io/component").asText())))
            .containsExactly(pods);
      }
    }
    assertThat(views).containsExactlyInAnyOrderElementsOf(Views.names());
  }

  @Test
  void every_process_is_probed_where_it_answers_and_may_write_where_it_has_to() throws Exception {
    for (V1Deployment deployment : deployments()) {
      V1Container container = container(deployment);
      assertThat(container.getImage()).isEqualTo("driftless");
      assertThat(container.getPorts())
          .singleElement()
          .satisfies(
              port -> {
                assertThat(port.getName()).isEqualTo("http");
                assertThat(port.getContainerPort()).isEqualTo(ImageTest.port());
              });
      for (V1Probe probe :
          Stream.of(
                  container.getStartupProbe(),
                  container.getLivenessProbe(),
                  container.getReadinessProbe())
              .filter(Objects::nonNull)
              .toList()) {
        assertThat(probe.getHttpGet().getPath()).isIn("/health/live", "/health/ready");
        assertThat(probe.getHttpGet().getPort().getStrValue()).isEqualTo("http");
      }
      assertThat(container.getStartupProbe()).isNotNull();
      assertThat(container.getLivenessProbe()).isNotNull();
    }
    for (V1PodSpec pod : pods()) {
      for (V1Container container : containers(pod)) {
        assertThat(container.getSecurityContext().getReadOnlyRootFilesystem()).isTrue();
        var resources = Objects.requireNonNull(container.getResources());
        assertThat(resources.getRequests()).containsOnlyKeys("cpu", "memory");
        // the heap is half of it, so all of it must be there; what is idle may have the processor
        assertThat(resources.getLimits())
            .containsOnlyKeys("memory")
            .containsEntry("memory", resources.getRequests().get("memory"));
        assertThat(container.getVolumeMounts())
            .extracting(mount -> mount.getMountPath())
            .containsExactlyInAnyOrder("/var/lib/driftless", "/tmp", "/etc/driftless/certificates");
      }
      assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
      // or a service's name decides of a variable: DRIFTLESS_RECONCILER_PORT, for one
      assertThat(pod.getEnableServiceLinks()).isFalse();
    }
  }

  /** A pod is given time for what the process takes to drain and commit: 8 s. */
  @Test
  void nobody_is_killed_before_he_has_drained() throws Exception {
    for (V1Deployment deployment : deployments()) {
      assertThat(deployment.getSpec().getTemplate().getSpec().getTerminationGracePeriodSeconds())
          .isGreaterThan(10);
    }
  }

  @Test
  void every_key_of_the_configuration_is_one_that_the_processes_know() {
    Set<String> known = Variables.known();
    for (var kustomization : Deployments.files(KUBERNETES, "kustomization.yaml")) {
      Deployments.document(kustomization)
          .path("configMapGenerator")
          .forEach(
              map ->
                  map.path("literals")
                      .forEach(
                          literal -> assertThat(literal.asText().split("=", 2)[0]).isIn(known)));
    }
  }

  @Test
  void every_secret_that_a_pod_needs_is_explained() throws Exception {
    String readme = Files.readString(KUBERNETES.resolve("README.md"));
    Set<String> secrets = new HashSet<>();
    for (V1PodSpec pod : pods()) {
      for (V1Container container : containers(pod)) {
        for (V1EnvFromSource source : Objects.requireNonNull(container.getEnvFrom())) {
          if (source.getSecretRef() != null) {
            secrets.add(source.getSecretRef().getName());
          }
        }
      }
    }
    assertThat(secrets).hasSizeGreaterThan(Views.names().size());
    assertThat(secrets).allSatisfy(secret -> assertThat(readme).contains("`" + secret + "`"));
    Map<String, Set<String>> explained = Manifests.secrets();
    explained.remove(KedaTest.SECRET);
    Set<String> variables =
        explained.values().stream().flatMap(Set::stream).collect(Collectors.toSet());
    assertThat(variables).hasSizeGreaterThan(Views.names().size());
    assertThat(Variables.known()).containsAll(variables);
  }

  private static List<V1Deployment> deployments() throws IOException {
    List<V1Deployment> deployments = new ArrayList<>();
    for (JsonNode manifest : of("Deployment")) {
      deployments.add(V1Deployment.fromJson(manifest.toString()));
    }
    return deployments;
  }

  private static List<V1PodSpec> pods() throws IOException {
    List<V1PodSpec> pods = new ArrayList<>();
    for (V1Deployment deployment : deployments()) {
      pods.add(deployment.getSpec().getTemplate().getSpec());
    }
    for (JsonNode job : of("Job")) {
      pods.add(V1Job.fromJson(job.toString()).getSpec().getTemplate().getSpec());
    }
    return pods;
  }

  private static List<V1Container> containers(V1PodSpec pod) {
    List<V1Container> containers = new ArrayList<>(pod.getContainers());
    if (pod.getInitContainers() != null) {
      containers.addAll(pod.getInitContainers());
    }
    return containers;
  }

  private static V1Container container(V1Deployment deployment) {
    return deployment.getSpec().getTemplate().getSpec().getContainers().get(0);
  }

  private static List<JsonNode> of(String kind) {
    return BASE.stream().filter(manifest -> kind(manifest).equals(kind)).toList();
  }
}
