package dev.driftless.cli.deployment;

import static dev.driftless.cli.deployment.Deployments.DOCKER;
import static dev.driftless.cli.deployment.Deployments.KUBERNETES;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.driftless.cli.Driftless;
import dev.driftless.projectors.app.ProjectorsMain;
import dev.driftless.projectors.app.Views;
import dev.driftless.reconciler.service.ReconcilerMain;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.ParseResult;

/** The image and the composition say what the code does. */
final class ImageTest {

  private static final String DOCKERFILE = Deployments.text(DOCKER.resolve("Dockerfile"));
  private static final JsonNode COMPOSE = Deployments.document(DOCKER.resolve("compose.yaml"));

  /** Where the processes of the image answer. */
  static int port() {
    Matcher exposed = Pattern.compile("(?m)^EXPOSE (\\d+)$").matcher(DOCKERFILE);
    assertThat(exposed.find()).isTrue();
    return Integer.parseInt(exposed.group(1));
  }

  @Test
  void the_image_answers_where_it_says_and_sets_no_key_that_nobody_reads() {
    Matcher variable = Pattern.compile("(DRIFTLESS_\\w+)=(\\S+)").matcher(DOCKERFILE);
    Map<String, String> environment = new HashMap<>();
    while (variable.find()) {
      environment.put(variable.group(1), variable.group(2));
    }
    assertThat(Variables.known()).containsAll(environment.keySet());
    assertThat(environment)
        .containsEntry("DRIFTLESS_HTTP_PORT", Integer.toString(port()))
        .containsEntry("DRIFTLESS_RECONCILER_PORT", Integer.toString(port()));
  }

  @Test
  void the_image_runs_classes_that_there_are() {
    String script = Deployments.text(DOCKER.resolve("driftless"));
    assertThat(script)
        .contains("projectors) main=" + ProjectorsMain.class.getName())
        .contains("reconciler) main=" + ReconcilerMain.class.getName())
        .contains("*) main=" + Driftless.class.getName());
    assertThat(Files.isExecutable(DOCKER.resolve("driftless"))).isTrue();
    assertThat(Files.isExecutable(DOCKER.resolve("healthy"))).isTrue();
  }

  @Test
  void every_image_has_a_version_and_is_named_in_one_place() throws Exception {
    Map<String, String> images = images();
    assertThat(images.values())
        .allSatisfy(image -> assertThat(image).matches("[\\w./-]+:v?\\d[\\w.-]*"));
    COMPOSE
        .path("services")
        .forEach(
            service ->
                assertThat(service.path("image").asText())
                    .matches("\\$\\{\\w+}")
                    .satisfies(
                        image ->
                            assertThat(images)
                                .containsKey(image.substring(2, image.length() - 1))));
  }

  @Test
  void a_container_runs_java_17_as_nobody_s_root_and_is_asked_how_it_is() {
    assertThat(DOCKERFILE.lines().filter(line -> line.startsWith("FROM ")).skip(1))
        .singleElement()
        .asString()
        .containsPattern(":17\\.\\S*-jre$");
    assertThat(DOCKERFILE).containsPattern("(?m)^USER 10001:10001$");
    assertThat(DOCKERFILE).containsPattern("(?m)^HEALTHCHECK .* CMD \\[\"healthy\"]$");
    assertThat(DOCKERFILE).containsPattern("(?m)^STOPSIGNAL SIGTERM$");
  }

  @Test
  void three_brokers_are_one_cluster_in_which_one_may_fail() {
    List<String> voters = new ArrayList<>();
    for (int broker = 1; broker <= 3; broker++) {
      JsonNode environment = COMPOSE.path("services").path("kafka-" + broker).path("environment");
      assertThat(environment.path("KAFKA_NODE_ID").asInt()).isEqualTo(broker);
      assertThat(environment.path("KAFKA_ADVERTISED_LISTENERS").asText())
          .contains("CLIENT://kafka-%d:9092,".formatted(broker));
      voters.add("%1$d@kafka-%1$d:9093".formatted(broker));
    }
    JsonNode all = COMPOSE.path("x-broker-environment");
    assertThat(all.path("KAFKA_CONTROLLER_QUORUM_VOTERS").asText())
        .isEqualTo(String.join(",", voters));
    assertThat(all.path("KAFKA_DEFAULT_REPLICATION_FACTOR").asInt()).isEqualTo(3);
    assertThat(all.path("KAFKA_MIN_INSYNC_REPLICAS").asInt()).isEqualTo(2);
  }

  @Test
  void the_images_that_it_is_made_from_have_versions() {
    assertThat(DOCKERFILE.lines().filter(line -> line.startsWith("FROM ")))
        .hasSize(2)
        .allSatisfy(
            line -> assertThat(line).matches("FROM [\\w./-]+:\\d[\\w.-]*\\d[\\w.-]*( AS \\w+)?"));
  }

  @Test
  void every_alert_is_explained() {
    List<String> alerts =
        Deployments.document(DOCKER.resolve("prometheus/alerts.yml")).findValuesAsText("alert");
    String guide = Deployments.text(Deployments.DEPLOY.resolve("../docs/OPERATIONS.md"));
    List<String> explained =
        Pattern.compile("(?m)^\\| (Driftless\\w+) \\|")
            .matcher(guide)
            .results()
            .map(m -> m.group(1))
            .toList();
    assertThat(explained).isNotEmpty().hasSameElementsAs(alerts).doesNotHaveDuplicates();
  }

  @Test
  void the_image_has_one_version_wherever_it_is_named() throws Exception {
    String image = Objects.requireNonNull(images().get("DRIFTLESS_IMAGE"));
    for (String part : List.of("base", "components/operator")) {
      JsonNode runs = Deployments.document(KUBERNETES.resolve(part + "/kustomization.yaml"));
      assertThat("driftless:" + runs.at("/images/0/newTag").asText()).isEqualTo(image);
    }
    assertThat(DOCKERFILE).contains("docker build -f deploy/docker/Dockerfile -t " + image + " .");
    assertThat(Deployments.text(Deployments.DEPLOY.resolve("../pom.xml")))
        .contains(
            "<artifactId>driftless</artifactId>\n  <version>"
                + image.split(":", 2)[1]
                + "</version>");
  }

  @Test
  void what_is_stored_outlives_its_container() {
    assertThat(COMPOSE.at("/services/kafka-1/environment/KAFKA_LOG_DIRS").asText())
        .isEqualTo("/var/lib/kafka/data");
    for (String store : List.of("kafka-1", "kafka-2", "kafka-3", "postgres", "redis", "qdrant")) {
      String volume = COMPOSE.at("/services/" + store + "/volumes/0").asText();
      assertThat(volume).startsWith(store + ":/");
      assertThat(COMPOSE.path("volumes").has(store)).isTrue();
    }
  }

  @Test
  void every_view_has_a_projector_and_all_they_are_told_is_known() {
    List<String> views = new ArrayList<>();
    COMPOSE
        .path("services")
        .properties()
        .forEach(
            service -> {
              JsonNode told = service.getValue();
              if (told.at("/command/0").asText().equals("projectors")) {
                views.add(service.getKey());
                assertThat(told.at("/command/2").asText()).isEqualTo(service.getKey());
              }
              if (told.path("image").asText().equals("${DRIFTLESS_IMAGE}")) {
                assertThat(told.path("read_only").asBoolean()).isTrue();
                told.path("environment")
                    .fieldNames()
                    .forEachRemaining(key -> assertThat(key).isIn(Variables.known()));
              }
            });
    assertThat(views).containsExactlyInAnyOrderElementsOf(Views.names());
  }

  @Test
  void prometheus_asks_every_process() {
    Set<String> targets = new HashSet<>();
    Deployments.document(DOCKER.resolve("prometheus/prometheus.yml"))
        .path("scrape_configs")
        .forEach(
            job ->
                job.at("/static_configs/0/targets")
                    .forEach(target -> targets.add(target.asText())));
    Set<String> processes = new HashSet<>(Views.names());
    processes.add("reconciler");
    assertThat(targets)
        .containsExactlyInAnyOrderElementsOf(
            processes.stream().map(process -> process + ":" + port()).toList());
  }

  @Test
  void an_alert_speaks_of_jobs_that_prometheus_has() {
    Set<String> jobs =
        new HashSet<>(
            Deployments.document(DOCKER.resolve("prometheus/prometheus.yml"))
                .findValuesAsText("job_name"));
    Set<String> named =
        Pattern.compile("job=~\"([^\"]+)\"")
            .matcher(Deployments.text(DOCKER.resolve("prometheus/alerts.yml")))
            .results()
            .flatMap(match -> Stream.of(match.group(1).split("\\|", -1)))
            .collect(Collectors.toSet());
    assertThat(named).isEqualTo(jobs);
  }

  @Test
  void what_sets_an_installation_up_is_a_command_with_its_options() throws Exception {
    List<String[]> commands = new ArrayList<>();
    for (String part : COMPOSE.at("/services/set-up/entrypoint/2").asText().split(" && ", -1)) {
      assertThat(part).startsWith("driftless ");
      commands.add(part.substring("driftless ".length()).split(" ", -1));
    }
    JsonNode job = Deployments.document(KUBERNETES.resolve("base/set-up.yaml"));
    for (JsonNode arguments : job.findValues("args")) {
      List<String> command = new ArrayList<>();
      arguments.forEach(argument -> command.add(argument.asText()));
      commands.add(command.toArray(String[]::new));
    }
    assertThat(commands).hasSize(4);
    for (String[] command : commands) {
      ParseResult parsed = Driftless.commandLine(Map.of()).parseArgs(command);
      assertThat(parsed.hasSubcommand() && parsed.subcommand().hasSubcommand())
          .as(String.join(" ", command))
          .isTrue();
    }
  }

  private static Map<String, String> images() throws IOException {
    Map<String, String> images = new HashMap<>();
    for (String line : Files.readAllLines(DOCKER.resolve(".env"))) {
      if (!line.startsWith("#")) {
        images.put(line.split("=", 2)[0], line.split("=", 2)[1]);
      }
    }
    return images;
  }
}
