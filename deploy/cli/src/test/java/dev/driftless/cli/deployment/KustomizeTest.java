package dev.driftless.cli.deployment;

import static dev.driftless.cli.deployment.Deployments.KUBERNETES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.driftless.projectors.app.ProjectorsConfig;
import dev.driftless.reconciler.service.ReconcilerConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What overlays and components change is there to be changed, and is fit for a cluster then. */
final class KustomizeTest {

  private static final Path EXAMPLE = KUBERNETES.resolve("overlays/example");
  private static final String TEXT = Deployments.text(EXAMPLE.resolve(Kustomization.FILE));

  static Stream<Path> kustomizations() {
    return Deployments.files(KUBERNETES, Kustomization.FILE).stream().map(Path::getParent);
  }

  static Stream<Path> installations() {
    return kustomizations().filter(directory -> !Kustomization.in(directory).isComponent());
  }

  @ParameterizedTest
  @MethodSource("installations")
  void every_installation_is_fit_for_a_cluster(Path directory) throws Exception {
    assertFit(Kustomization.in(directory).manifests());
  }

  /** A label or a name that is nobody's selects nothing, and Kubernetes says nothing. */
  @ParameterizedTest
  @MethodSource("installations")
  void whatever_selects_or_names_something_finds_it(Path directory) {
    List<JsonNode> manifests = Kustomization.in(directory).manifests();
    List<JsonNode> pods = of(manifests, "Deployment").map(d -> d.at("/spec/template")).toList();
    assertThat(of(manifests, "Service"))
        .isNotEmpty()
        .allSatisfy(
            service ->
                assertThat(pods)
                    .filteredOn(pod -> isSelected(pod, service.at("/spec/selector")))
                    .singleElement()
                    .satisfies(pod -> assertHasPort(pod, service.at("/spec/ports/0/targetPort"))));
    assertThat(of(manifests, "NetworkPolicy"))
        .singleElement()
        .satisfies(
            policy ->
                assertThat(pods)
                    .allMatch(pod -> isSelected(pod, policy.at("/spec/podSelector/matchLabels")))
                    .allSatisfy(
                        pod -> assertHasPort(pod, policy.at("/spec/ingress/0/ports/0/port"))));
    assertThat(pods)
        .extracting(pod -> pod.at("/metadata/annotations/prometheus.io~1port").asText())
        .containsOnly(Integer.toString(ImageTest.port()));
    assertThat(manifests.stream().flatMap(m -> m.findValuesAsText("claimName").stream()))
        .isNotEmpty()
        .allSatisfy(
            claim -> assertThat(named(manifests, "PersistentVolumeClaim", claim)).isNotNull());
    assertThat(manifests.stream().flatMap(m -> m.findValuesAsText("serviceAccountName").stream()))
        .isNotEmpty()
        .allSatisfy(account -> assertThat(named(manifests, "ServiceAccount", account)).isNotNull());
  }

  @ParameterizedTest
  @MethodSource("installations")
  void the_processes_take_the_settings_for_good(Path directory) {
    Map<String, String> settings = new HashMap<>();
    of(Kustomization.in(directory).manifests(), "ConfigMap")
        .flatMap(map -> map.path("data").properties().stream())
        .forEach(entry -> settings.put(entry.getKey(), entry.getValue().asText()));
    ProjectorsConfig config = ProjectorsConfig.load(null, settings);
    assertThat(config.kafka())
        .containsEntry("bootstrap.servers", settings.get("KAFKA_BOOTSTRAP_SERVERS"));
    assertThat(ReconcilerConfig.load(null, settings::get)).isNotNull();
  }

  @Test
  void the_example_runs_its_own_image_at_the_base_s_version_and_has_its_own_addresses() {
    List<JsonNode> manifests = Kustomization.in(EXAMPLE).manifests();
    String version =
        Deployments.document(KUBERNETES.resolve("base/" + Kustomization.FILE))
            .at("/images/0/newTag")
            .asText();
    assertThat(manifests.stream().flatMap(Manifests::containers))
        .extracting(container -> container.path("image").asText())
        .containsOnly("registry.example.com/driftless:" + version);
    assertThat(manifests)
        .filteredOn(manifest -> Manifests.kind(manifest).equals("ConfigMap"))
        .singleElement()
        .satisfies(
            map -> {
              assertThat(map.at("/data/PGHOST").asText()).isEqualTo("postgres.example.com");
              assertThat(map.at("/data/PGDATABASE").asText()).isEqualTo("driftless");
            });
  }

  @Test
  void the_example_names_every_component_and_with_them_the_scalers_alone_say_how_many_pods()
      throws Exception {
    Matcher comment = Pattern.compile("(?m)^# (components: \\[(.*)])$").matcher(TEXT);
    assertThat(comment.find()).isTrue();
    assertThat(Stream.of(comment.group(2).split(", ")))
        .map(component -> EXAMPLE.resolve(component).normalize())
        .containsExactlyInAnyOrderElementsOf(
            kustomizations()
                .filter(directory -> Kustomization.in(directory).isComponent())
                .toList());
    // in place of the numbers, as its comment says
    String scaled =
        TEXT.replaceFirst("(?ms)^patches:.*?\\n\\n", "").replace(comment.group(), comment.group(1));
    List<JsonNode> manifests = new Kustomization(EXAMPLE, scaled).manifests();
    assertFit(manifests);
    assertThat(manifests)
        .filteredOn(manifest -> Manifests.kind(manifest).equals("ScaledObject"))
        .isNotEmpty()
        .allSatisfy(
            scaler -> {
              String target = scaler.at("/spec/scaleTargetRef/name").asText();
              assertThat(
                      named(manifests, "Deployment", target).at("/spec/replicas").isMissingNode())
                  .isTrue();
              String login = scaler.at("/spec/triggers/0/authenticationRef/name").asText();
              assertThat(named(manifests, "TriggerAuthentication", login)).isNotNull();
            });
  }

  @ParameterizedTest
  @CsvSource({
    "../../base, ../../bass, bass",
    "'name: vector}', 'name: vect}', selects nothing",
    "/spec/replicas, /spec/replica, is not there in vector",
    "/spec/replicas, /spec/template/replicas, is not there in vector",
    "'- name: driftless\n    newName', '- name: driftles\n    newName', nobody runs the image",
    "'- name: driftless\n    namespace', '- name: driftles\n    namespace', there are 0 maps",
    "'namespace: driftless\n    behavior', 'namespace: other\n    behavior', there are 0 maps",
    "'behavior: merge', '', there are 1 maps",
    "newName:, newname:, newname",
    "patches:, patch:, patch",
    "'# components: [../../components/keda,', 'components: [../../components/kedo,', kedo",
    "'# components: [../../components/keda,', 'components: [../../base,', is no component",
    "'# components: [../../components/keda,', 'components: [../../components/keda,', is not there in vector",
  })
  void what_names_nothing_that_is_there_is_refused(String right, String wrong, String message) {
    assertThat(TEXT).contains(right);
    String changed = TEXT.replace(right, wrong);
    assertThatThrownBy(() -> new Kustomization(EXAMPLE, changed).manifests())
        .isInstanceOfAny(IllegalArgumentException.class, IllegalStateException.class)
        .hasMessageContaining(message);
  }

  /** Each is one that Kubernetes knows, its name is its own, and its settings are there. */
  private static void assertFit(List<JsonNode> manifests) throws IOException {
    Set<String> names = new HashSet<>();
    for (JsonNode manifest : manifests) {
      assertThat(Manifests.parsed(manifest)).isNotNull();
      assertThat(names.add(Manifests.kind(manifest) + " " + Manifests.name(manifest))).isTrue();
    }
    for (JsonNode manifest : manifests) {
      for (JsonNode settings : manifest.findValues("configMapRef")) {
        assertThat(names).contains("ConfigMap " + settings.path("name").asText());
      }
      assertThat(Manifests.containers(manifest))
          .allSatisfy(
              container -> assertThat(container.path("image").asText()).matches("[\\w./-]+:.+"));
    }
  }

  private static Stream<JsonNode> of(List<JsonNode> manifests, String kind) {
    return manifests.stream().filter(manifest -> Manifests.kind(manifest).equals(kind));
  }

  private static boolean isSelected(JsonNode pod, JsonNode labels) {
    return !labels.isEmpty()
        && labels.properties().stream()
            .allMatch(l -> pod.at("/metadata/labels").path(l.getKey()).equals(l.getValue()));
  }

  private static void assertHasPort(JsonNode pod, JsonNode name) {
    assertThat(pod.at("/spec/containers/0/ports").findValuesAsText("name")).contains(name.asText());
  }

  private static JsonNode named(List<JsonNode> manifests, String kind, String name) {
    return of(manifests, kind)
        .filter(manifest -> Manifests.name(manifest).equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + kind + " " + name));
  }
}
